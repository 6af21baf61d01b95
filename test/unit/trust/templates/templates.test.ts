import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { segmentsOf } from "../../../../src/protocol/index.ts";
import { claimAt, matchClaims } from "../../../../src/trust/claims.ts";
import { matchesGlob } from "../../../../src/trust/glob.ts";
import { expandTemplate } from "../../../../src/trust/templates/expand.ts";
import { TEMPLATES } from "../../../../src/trust/templates/index.ts";
import type { Claims, Samples, TrustTemplate } from "../../../../src/trust/templates/template.ts";
import { SAMPLES } from "./samples.ts";

const FOLDER = join(import.meta.dirname, "../../../../src/trust/templates");
const ISSUER_URL = "https://sts.example.com";

it("every template has samples", () => {
  expect(SAMPLES.map(({ template }) => template.name)).toEqual(TEMPLATES.map(({ name }) => name));
});

describe.each(SAMPLES.map((samples) => [samples.template.name, samples] as const))("%s", (name, samples) => {
  const { template, variants, neighbours } = samples;
  const trust = expanded(samples);

  it("lets its own sample in", () => {
    expect(refusedBy(trust, patched(template.sample, {}))).toBeUndefined();
  });

  it.each(variants)("lets in: $name", ({ claims }) => {
    expect(refusedBy(trust, patched(template.sample, claims))).toBeUndefined();
  });

  it("has ten neighbours at least, each another", () => {
    expect(
      new Set(neighbours.map((neighbour) => JSON.stringify(neighbour.claims))).size,
    ).toBeGreaterThanOrEqual(10);
    expect(new Set(neighbours.map((neighbour) => neighbour.name)).size).toBe(neighbours.length);
  });

  it.each(neighbours)("refuses: $name", ({ claims, refusedBy: item }) => {
    expect(refusedBy(trust, patched(template.sample, claims))).toBe(item);
  });

  it("is called like its file and like nobody else", () => {
    expect(name).toMatch(/^[a-z](?:-?[a-z0-9])*$/);
    const file = `${name.replaceAll("-", "_")}.ts`;
    expect(existsSync(join(FOLDER, file)), file).toBe(true);
    expect(TEMPLATES.filter((other) => other.name === name)).toHaveLength(1);
  });

  it("knows its own issuer again", () => {
    const { issuerGlobs, mark } = template;
    if (issuerGlobs === undefined && mark === undefined) return expect(template.issuer).toBe("<issuer>");
    if (issuerGlobs === undefined)
      return expect(claimAt(template.sample, segmentsOf(mark ?? ""))).toBeDefined();
    const isKnown = (issuer: string) => issuerGlobs.some((pattern) => matchesGlob(pattern, issuer));
    expect(isKnown(trust.issuer)).toBe(true);
    // A server of one's own may have any name.
    if (issuerGlobs.some((pattern) => pattern.startsWith("https://*/"))) return undefined;
    const { hostname } = new URL(trust.issuer);
    for (const host of [
      `${hostname}.evil.example`,
      "evil.example",
      `evil.example/${hostname}`,
      `evil-${hostname}x`,
    ]) {
      expect(isKnown(trust.issuer.replace(hostname, host)), host).toBe(false);
    }
    return undefined;
  });

  it("has no item that is a tenant's, a person's and chosen at once", () => {
    const { tenantItems, personItems, chosenItems } = template;
    const items = [tenantItems, personItems, chosenItems].flatMap((some) => [...new Set(some)]);
    expect(items.filter((item, index) => items.indexOf(item) !== index)).toEqual([]);
  });

  it("takes its own examples and nothing beyond", () => {
    const required = Object.entries(template.parameters).filter(([, { isRequired }]) => isRequired);
    for (const [missing] of required) {
      const judged = expandTemplate(template, without(examplesOf(template), missing));
      expect(judged).toMatchObject({
        ok: false,
        refusal: [{ pointer: `/parameters/${missing}`, code: "required" }],
      });
    }
    const more = expandTemplate(template, { ...examplesOf(template), nonsense: "x" });
    expect(more).toMatchObject({
      ok: false,
      refusal: [{ pointer: "/parameters/nonsense", code: "unknown_member" }],
    });
    for (const key of Object.keys(template.parameters)) {
      for (const bad of ["", " ", "a\nb", "x".repeat(600)]) {
        const judged = expandTemplate(template, { ...examplesOf(template), [key]: bad });
        expect(judged, `${key}=${JSON.stringify(bad)}`).toMatchObject({ ok: false });
      }
    }
  });
});

describe("of an issuer that signs for everybody", () => {
  const shared = SAMPLES.filter(({ template }) => template.isShared);

  it.each(shared.map((samples) => [samples.template.name, samples] as const))(
    "%s names whose workload it is",
    (_name, samples) => {
      const asserted = expanded(samples).assertions.map(({ item }) => item);
      expect(samples.template.tenantItems.filter((item) => asserted.includes(item))).not.toEqual([]);
    },
  );
});

function examplesOf({ parameters }: TrustTemplate): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([key, { example }]) => [key, example]));
}

function without(values: Record<string, string>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== key));
}

function expanded({ template, parameters = {} }: Samples) {
  const values = Object.entries({ ...examplesOf(template), ...parameters });
  const given = Object.fromEntries(
    values.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const judged = expandTemplate(template, given);
  if (!judged.ok) throw new Error(JSON.stringify(judged.refusal));
  return judged.value;
}

/** A merge patch on claims, for a token that is made for us unless it says otherwise. */
function patched(sample: Claims, change: Claims): Claims {
  return merge({ aud: ISSUER_URL, ...sample }, change) as Claims;
}

function merge(target: unknown, change: unknown): unknown {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** The first thing that does not hold: the issuer, the assertions in their order, then the audience. */
function refusedBy(trust: ReturnType<typeof expanded>, claims: Claims): string | undefined {
  if (claims.iss !== trust.issuer) return "iss";
  const failed = matchClaims(trust.assertions, claims).find(({ holds }) => !holds);
  if (failed !== undefined) return failed.assertion.item;
  const isAsserted = trust.assertions.some(({ item }) => item === "aud");
  const audience = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return isAsserted || audience.includes(ISSUER_URL) ? undefined : "aud";
}
