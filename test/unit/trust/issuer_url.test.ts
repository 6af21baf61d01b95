import { describe, expect, it } from "vitest";
import { type IssuerUrlRules, judgeIssuerUrl } from "../../../src/trust/issuer_url.ts";

const OWN_ORIGIN = "https://sts.example.com";
const FETCHED: IssuerUrlRules = { isDevelopment: false, ownOrigin: OWN_ORIGIN, isFetched: true };
const UPLOADED: IssuerUrlRules = { ...FETCHED, isFetched: false };

/** Why not, or undefined. */
function refusalOf(text: string, rules: IssuerUrlRules): string | undefined {
  const judged = judgeIssuerUrl(text, rules);
  return judged.ok ? undefined : judged.refusal;
}

const NOT_VISIBLE = "has white space, control characters or characters beyond ASCII";
const readAs = (href: string) => `is not canonical; it would be read as ${href}`;

type Case = readonly [name: string, text: string, refusal: string];

const TEXT: readonly Case[] = [
  ["nothing", "", NOT_VISIBLE],
  ["a space before", " https://a.example", NOT_VISIBLE],
  ["a space inside", "https://a.example/a b", NOT_VISIBLE],
  ["a tab in the host", "https://a.exa\tmple", NOT_VISIBLE],
  ["a line end in the host", "https://a.exa\nmple", NOT_VISIBLE],
  ["a line end behind", "https://a.example\r\n", NOT_VISIBLE],
  ["a NUL", "https://a.example/\0", NOT_VISIBLE],
  ["DEL", "https://a.example/\x7f", NOT_VISIBLE],
  ["a host beyond ASCII", "https://bücher.example", NOT_VISIBLE],
  ["a host of look-alikes", "https://gіthub.com", NOT_VISIBLE],
  ["a full-width dot", "https://a\uff0eexample", NOT_VISIBLE],
  ["a soft hyphen", "https://a\u00ad.example", NOT_VISIBLE],
  ["a path beyond ASCII", "https://a.example/ä", NOT_VISIBLE],
  ["256 characters", `https://a.example/${"p".repeat(238)}`, "is longer than 255 characters"],
  ["a backslash", "https://a.example\\@b.example", "has a backslash"],
  ["backslashes for slashes", "https:\\\\a.example", "has a backslash"],
  ["no URL", "accounts.example.com", "is not an absolute URL"],
  ["a path alone", "/realms/main", "is not an absolute URL"],
  ["no scheme", "//a.example", "is not an absolute URL"],
  ["no host", "https://", "is not an absolute URL"],
  ["a port that is none", "https://a.example:99999", "is not an absolute URL"],
  ["a host with an encoded NUL", "https://a%00.example", "is not an absolute URL"],
  ["an address of five numbers", "https://1.2.3.4.5", "is not an absolute URL"],
  ["an address out of range", "https://256.1.1.1", "is not an absolute URL"],
];

const SHAPE: readonly Case[] = [
  ["a file", "file:///etc/passwd", "must be https"],
  ["data", "data:application/json,{}", "must be https"],
  ["a web socket", "wss://a.example", "must be https"],
  ["a blob", "blob:https://a.example/1", "must be https"],
  ["a name", "urn:example:issuer", "must be https"],
  ["a script", "javascript:alert(1)", "must be https"],
  ["a query", "https://a.example/?a=b", "has a query"],
  ["an empty query", "https://a.example/?", "has a query"],
  ["an empty query without a path", "https://a.example?", "has a query"],
  ["a fragment", "https://a.example/#a", "has a fragment"],
  ["an empty fragment", "https://a.example/#", "has a fragment"],
  ["an empty fragment without a path", "https://a.example#", "has a fragment"],
  ["a user", "https://user@a.example", "has user information"],
  ["a user and a password", "https://user:password@a.example", "has user information"],
  ["an empty user", "https://@a.example", "has user information"],
  ["an empty user and password", "https://:@a.example", "has user information"],
  ["a host behind a user that looks like one", "https://good.example@a.example", "has user information"],
  ["an encoded slash", "https://a.example/a%2fb", "has an encoded slash, dot or NUL"],
  ["an encoded slash in upper case", "https://a.example/a%2Fb", "has an encoded slash, dot or NUL"],
  ["an encoded backslash", "https://a.example/a%5cb", "has an encoded slash, dot or NUL"],
  ["encoded dots", "https://a.example/%2e%2e/b", "has an encoded slash, dot or NUL"],
  ["dots half encoded", "https://a.example/.%2E/b", "has an encoded slash, dot or NUL"],
  ["an encoded NUL", "https://a.example/a%00", "has an encoded slash, dot or NUL"],
  ["an encoded dot in the host", "https://a%2eexample", "has an encoded slash, dot or NUL"],
  ["an empty segment", "https://a.example//", "has an empty path segment"],
  ["an empty segment inside", "https://a.example/a//b", "has an empty path segment"],
  ["dots", "https://a.example/a/../b", readAs("https://a.example/b")],
  ["one dot", "https://a.example/./b", readAs("https://a.example/b")],
  ["dots at the end", "https://a.example/a/..", readAs("https://a.example/")],
  ["a host in upper case", "https://A.example", readAs("https://a.example/")],
  ["a scheme in upper case", "HTTPS://a.example", readAs("https://a.example/")],
  ["the port that is meant anyway", "https://a.example:443", readAs("https://a.example/")],
  ["an empty port", "https://a.example:", readAs("https://a.example/")],
  ["a port with zeros", "https://a.example:00443/", readAs("https://a.example/")],
  ["one slash", "https:/a.example", readAs("https://a.example/")],
  ["no slash", "https:a.example", readAs("https://a.example/")],
  ["three slashes", "https:///a.example", readAs("https://a.example/")],
  ["an encoded host", "https://%61.example", readAs("https://a.example/")],
  ["braces", "https://a.example/{realm}", readAs("https://a.example/%7Brealm%7D")],
];

const ADDRESSES: readonly Case[] = [
  ["an address", "https://93.184.215.14", "has an IP address as its host"],
  ["loopback", "https://127.0.0.1", "has an IP address as its host"],
  ["a private address", "https://10.0.0.1", "has an IP address as its host"],
  ["the cloud's metadata", "https://169.254.169.254", "has an IP address as its host"],
  ["the unspecified address", "https://0.0.0.0", "has an IP address as its host"],
  ["an address in decimal", "https://2130706433", readAs("https://127.0.0.1/")],
  ["an address in hexadecimal", "https://0x7f000001", readAs("https://127.0.0.1/")],
  ["an address in octal", "https://0177.0.0.1", readAs("https://127.0.0.1/")],
  ["an address of mixed notations", "https://0xa9.0376.43518", readAs("https://169.254.169.254/")],
  ["a short address", "https://127.1", readAs("https://127.0.0.1/")],
  ["an address with a dot behind", "https://127.0.0.1.", readAs("https://127.0.0.1/")],
  ["zero", "https://0", readAs("https://0.0.0.0/")],
  ["an encoded address", "https://%31%32%37.0.0.1", readAs("https://127.0.0.1/")],
  ["an IPv6 address", "https://[2001:db8::1]", "has an IP address as its host"],
  ["IPv6 loopback", "https://[::1]", "has an IP address as its host"],
  ["a link-local IPv6 address", "https://[fe80::1]", "has an IP address as its host"],
  ["an IPv4 address inside IPv6", "https://[::ffff:7f00:1]", "has an IP address as its host"],
  ["the same with dots", "https://[::ffff:127.0.0.1]", readAs("https://[::ffff:7f00:1]/")],
  ["an IPv6 address spelled out", "https://[0:0:0:0:0:0:0:1]", readAs("https://[::1]/")],
  ["an IPv6 zone", "https://[fe80::1%25eth0]", "is not an absolute URL"],
];

const HOSTS: readonly Case[] = [
  ["a dot behind the host", "https://a.example.", "has a host that ends in a dot"],
  ["an underscore", "https://a_b.example", "has a host that is no domain name"],
  ["a hyphen before", "https://-a.example", "has a host that is no domain name"],
  ["localhost", "https://localhost", "has a host of special use"],
  ["below localhost", "https://a.localhost", "has a host of special use"],
  ["localhost with a dot", "https://localhost.", "has a host that ends in a dot"],
  [".invalid", "https://a.invalid", "has a host of special use"],
  [".test", "https://a.test", "has a host of special use"],
  [".onion", "https://a.onion", "has a host of special use"],
  [".arpa", "https://1.0.0.127.in-addr.arpa", "has a host of special use"],
];

const OWN: readonly Case[] = [
  ["ourselves", OWN_ORIGIN, "is our own origin"],
  ["ourselves with a path", `${OWN_ORIGIN}/realm`, "is our own origin"],
];

const PRIVATE = "has a host of a private network; upload its key set as jwks instead";

const PRIVATE_HOSTS: readonly Case[] = [
  ["a name without a dot", "https://kubernetes", PRIVATE],
  ["the metadata server by its short name", "https://metadata", PRIVATE],
  ["the metadata server", "https://metadata.google.internal", PRIVATE],
  [".internal", "https://issuer.internal", PRIVATE],
  [".svc", "https://kubernetes.default.svc", PRIVATE],
  [".local", "https://kubernetes.default.svc.cluster.local", PRIVATE],
  [".localdomain", "https://a.localdomain", PRIVATE],
  [".lan", "https://a.lan", PRIVATE],
  [".intranet", "https://a.intranet", PRIVATE],
  [".corp", "https://a.corp", PRIVATE],
  [".home", "https://a.home", PRIVATE],
  ["internal alone", "https://internal", PRIVATE],
];

describe("a public issuer", () => {
  it.each([
    ["its origin", "https://token.actions.githubusercontent.com"],
    ["with a slash behind", "https://token.actions.githubusercontent.com/"],
    ["with a path", "https://oidc.circleci.com/org/5f3c"],
    ["with a path and a slash behind", "https://login.example.com/tenant/v2.0/"],
    ["in punycode", "https://xn--bcher-kva.example"],
    ["with a label of digits", "https://1.2.3.4.example"],
    ["with a harmless escape", "https://a.example/a%20b"],
    ["below a name that only looks private", "https://internal.example"],
    ["that begins like ourselves", "https://sts.example.com.evil.example"],
    ["of 255 characters", `https://a.example/${"p".repeat(237)}`],
  ])("%s", (_name, text) => {
    expect(judgeIssuerUrl(text, FETCHED)).toEqual({ ok: true, value: new URL(text) });
    expect(refusalOf(text, { ...FETCHED, isDevelopment: true })).toBeUndefined();
  });
});

const ALWAYS = [...TEXT, ...SHAPE, ...ADDRESSES, ...HOSTS, ...OWN];

describe("in production", () => {
  it.each<Case>([
    ...ALWAYS,
    ...PRIVATE_HOSTS,
    ["http", "http://a.example", "must be https"],
    ["http on loopback", "http://127.0.0.1:8787", "must be https"],
    ["http on localhost", "http://localhost", "must be https"],
    ["another port", "https://a.example:8443", "must use port 443"],
    ["the port of http", "https://a.example:80", "must use port 443"],
    ["ourselves by http", "http://sts.example.com", "must be https"],
  ])("refuses %s", (_name, text, refusal) => {
    expect(refusalOf(text, FETCHED)).toBe(refusal);
  });
});

describe("with an uploaded key set", () => {
  it.each([...PRIVATE_HOSTS, ["a port", "https://kubernetes.default.svc:6443", ""] as const])(
    "accepts %s",
    (_name, text) => {
      expect(refusalOf(text, UPLOADED)).toBeUndefined();
    },
  );

  it.each<Case>([
    ...ALWAYS,
    ["http inside the cluster", "http://kubernetes.default.svc", "must be https"],
    ["http without a dot", "http://kubernetes", "must be https"],
  ])("refuses %s all the same", (_name, text, refusal) => {
    expect(refusalOf(text, UPLOADED)).toBe(refusal);
  });
});

describe("a document that an issuer names", () => {
  const DOCUMENT: IssuerUrlRules = { ...FETCHED, isDocument: true };

  it.each([
    ["a key set", "https://a.example/keys"],
    ["a key set chosen by a query", "https://a.example/keys?p=b2c_1_signin"],
    ["a URL longer than an issuer may be", `https://a.example/${"p".repeat(2030)}`],
  ])("%s is accepted", (_name, text) => {
    expect(refusalOf(text, DOCUMENT)).toBeUndefined();
  });

  it.each<Case>([
    ...ALWAYS.filter(([, , refusal]) => !/^has a query|^is longer/.test(refusal)),
    ...PRIVATE_HOSTS,
    ["2,049 characters", `https://a.example/${"p".repeat(2031)}`, "is longer than 2048 characters"],
    ["http", "http://a.example/keys", "must be https"],
    ["another port", "https://a.example:8443/keys", "must use port 443"],
    ["a fragment behind a query", "https://a.example/keys?a#b", "has a fragment"],
    ["a user inside a query", "https://a.example/keys?a@b", "has user information"],
  ])("%s is refused all the same", (_name, text, refusal) => {
    expect(refusalOf(text, DOCUMENT)).toBe(refusal);
  });
});
