import { describe, expect, it } from "vitest";
import { lintTrust } from "../../../../src/advice/lint/lint.ts";
import { expandTemplate } from "../../../../src/trust/templates/expand.ts";
import { TEMPLATES } from "../../../../src/trust/templates/index.ts";
import type { TrustTemplate } from "../../../../src/trust/templates/template.ts";
import { shown } from "./trusts.ts";

describe.each(TEMPLATES.map((template) => [template.name, template] as const))("%s", (_name, template) => {
  it("has no fault with all of its examples", () => {
    expect(found(template, () => true)).toEqual([]);
  });

  it("has none with what is required alone", () => {
    expect(found(template, (name) => template.parameters[name]?.isRequired === true)).toEqual([]);
  });
});

function found(template: TrustTemplate, isGiven: (name: string) => boolean): readonly string[] {
  const given = Object.entries(template.parameters).filter(([name]) => isGiven(name));
  const examples = Object.fromEntries(given.map(([name, { example }]) => [name, example]));
  const expanded = expandTemplate(template, examples);
  if (!expanded.ok) throw new Error(JSON.stringify(expanded.refusal));
  return shown(lintTrust({ ...expanded.value, hasUploadedKeys: template.name === "kubernetes-in-cluster" }));
}
