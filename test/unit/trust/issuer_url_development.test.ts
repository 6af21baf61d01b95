import { describe, expect, it } from "vitest";
import { type IssuerUrlRules, judgeIssuerUrl } from "../../../src/trust/issuer_url.ts";

const RULES: IssuerUrlRules = { isDevelopment: true, ownOrigin: "http://127.0.0.1:8787", isFetched: true };

function refusalOf(text: string, rules = RULES): string | undefined {
  const judged = judgeIssuerUrl(text, rules);
  return judged.ok ? undefined : judged.refusal;
}

const readAs = (href: string) => `is not canonical; it would be read as ${href}`;

const LOOPBACK = [
  ["loopback", "http://127.0.0.1:9000"],
  ["loopback with a path", "http://127.0.0.1:9000/realm"],
  ["loopback without a port", "http://127.0.0.1"],
  ["another loopback address", "http://127.8.9.10:9000"],
  ["localhost", "http://localhost:9000"],
  ["IPv6 loopback", "http://[::1]:9000"],
  ["https on loopback", "https://localhost:9000"],
] as const;

describe("in development", () => {
  it.each(LOOPBACK)("accepts %s", (_name, text) => {
    expect(refusalOf(text)).toBeUndefined();
    expect(refusalOf(text, { ...RULES, isFetched: false })).toBeUndefined();
  });

  it.each(LOOPBACK)("and nowhere else accepts %s", (_name, text) => {
    expect(refusalOf(text, { ...RULES, isDevelopment: false })).toMatch(
      /^(?:must be https|has an IP address as its host|has a host of special use)$/,
    );
  });

  it.each<readonly [name: string, text: string, refusal: string]>([
    ["http elsewhere", "http://a.example", "must be https"],
    ["the cloud's metadata", "http://169.254.169.254", "must be https"],
    ["the cloud's metadata by https", "https://169.254.169.254", "has an IP address as its host"],
    ["the cloud's metadata by name", "http://metadata.google.internal", "must be https"],
    ["a private address", "http://10.0.0.1", "must be https"],
    ["the unspecified address", "http://0.0.0.0:9000", "must be https"],
    ["the unspecified IPv6 address", "http://[::]:9000", "must be https"],
    ["loopback inside IPv6", "http://[::ffff:7f00:1]:9000", "must be https"],
    ["loopback in decimal", "http://2130706433:9000", readAs("http://127.0.0.1:9000/")],
    ["loopback, short", "http://127.1:9000", readAs("http://127.0.0.1:9000/")],
    ["localhost in upper case", "http://LOCALHOST:9000", readAs("http://localhost:9000/")],
    ["localhost with a dot behind", "http://localhost.:9000", "must be https"],
    ["a name that begins like loopback", "http://127.0.0.1.example", "must be https"],
    ["a name below localhost", "https://a.localhost", "has a host of special use"],
    ["a user on loopback", "http://user@localhost:9000", "has user information"],
    ["a query on loopback", "http://localhost:9000?a", "has a query"],
    ["dots on loopback", "http://localhost:9000/a/../b", readAs("http://localhost:9000/b")],
    ["ourselves", "http://127.0.0.1:8787", "is our own origin"],
    ["ourselves with a path", "http://127.0.0.1:8787/realm", "is our own origin"],
    ["ourselves under another name", "http://localhost:8787", "is our own origin"],
    ["ourselves by another protocol", "https://[::1]:8787", "is our own origin"],
  ])("refuses %s", (_name, text, refusal) => {
    expect(refusalOf(text)).toBe(refusal);
  });
});
