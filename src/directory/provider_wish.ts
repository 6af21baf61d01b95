import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";
import { expandTemplate, TEMPLATES, templateOf } from "../trust/index.ts";
import { badMember, notStorable } from "./problems.ts";
import type { ProviderInput } from "./provider_row.ts";

/** A trust as a caller wishes it: written out, or by a template and its parameters, which come to the same. */
export type ProviderWish = Omit<ProviderInput, "name" | "issuer" | "assertions"> & {
  readonly [Member in "name" | "issuer" | "assertions"]?: ProviderInput[Member] | undefined;
} & {
  readonly parameters?: Readonly<Record<string, string>> | undefined;
};

/** The trust that is wished, written out. What the caller says besides a template goes before what it says. */
export function inputOf({ parameters, ...wish }: ProviderWish): Result<ProviderInput, Problem> {
  const { template: name, issuer, assertions } = wish;
  if (name === undefined) {
    if (parameters !== undefined) {
      return refuse(badMember("/parameters", "unknown_member", "Parameters are a template's: name it, too."));
    }
    return accept({ ...wish, name: wish.name ?? "", issuer: issuer ?? "", assertions: assertions ?? [] });
  }
  const template = templateOf(name);
  if (template === undefined) {
    const names = TEMPLATES.map((one) => one.name).join(", ");
    return refuse(badMember("/template", "unknown_template", `Templates are ${names}.`));
  }
  if (issuer !== undefined) {
    return refuse(badMember("/issuer", "unknown_member", "The template says the issuer; leave it out."));
  }
  const expanded = expandTemplate(template, parameters ?? {});
  if (!expanded.ok) return refuse(notStorable("trust", expanded.refusal));
  const made = expanded.value;
  return accept({
    ...wish,
    name: wish.name ?? name,
    issuer: made.issuer,
    assertions: [...made.assertions, ...(assertions ?? [])],
    singleUse: wish.singleUse ?? made.singleUse,
    maxTokenAge: wish.maxTokenAge ?? made.maxTokenAge ?? undefined,
  });
}
