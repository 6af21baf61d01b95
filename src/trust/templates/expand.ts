import {
  accept,
  type ClaimAssertion,
  type MemberProblem,
  type Result,
  refuse,
} from "../../protocol/index.ts";
import { CLAIM_TEXT } from "./parts.ts";
import type { TemplateParameter, TrustTemplate } from "./template.ts";

/** What a template comes to: a plain trust, as anybody could have written it. */
export interface ExpandedTrust {
  readonly issuer: string;
  readonly assertions: readonly ClaimAssertion[];
  readonly singleUse: boolean;
  readonly maxTokenAge: number | null;
}

type Values = ReadonlyMap<string, string>;

/** Fills a template in; refuses what is missing, unknown or has not the form, all at once. Pure. */
export function expandTemplate(
  template: TrustTemplate,
  parameters: Readonly<Record<string, string>>,
): Result<ExpandedTrust, readonly MemberProblem[]> {
  const values = new Map<string, string>();
  const errors: MemberProblem[] = [];
  for (const [name, parameter] of Object.entries(template.parameters)) {
    const given = Object.hasOwn(parameters, name) ? parameters[name] : parameter.fallback;
    const judged = judgeParameter(name, parameter, given);
    if (!judged.ok) errors.push(judged.refusal);
    else if (judged.value !== undefined) values.set(name, judged.value);
  }
  const known = Object.keys(template.parameters);
  for (const name of Object.keys(parameters).filter((name) => !known.includes(name))) {
    errors.push(problem(name, "unknown_member", `${template.name} takes ${known.join(", ")}.`));
  }
  if (errors.length > 0) return refuse(errors);
  return accept({
    issuer: fill(withOptional(template.issuer, values), values) ?? "",
    assertions: template.assertions.flatMap((assertion) => filled(assertion, values)),
    singleUse: template.singleUse ?? false,
    maxTokenAge: template.maxTokenAge ?? null,
  });
}

function judgeParameter(
  name: string,
  { isRequired, pattern = CLAIM_TEXT, braces, example, description }: TemplateParameter,
  given: string | undefined,
): Result<string | undefined, MemberProblem> {
  if (given === undefined) {
    if (!isRequired) return accept(undefined);
    return refuse(problem(name, "required", `${description} For example ${example}.`));
  }
  const value = braces ? given.replace(/^\{(.*)\}$/, "$1") : given;
  if (value.length <= 512 && pattern.test(value)) return accept(value);
  return refuse(problem(name, "invalid_format", `${description} It looks like ${example}.`));
}

/** An assertion with its values filled in; none where one is left out. */
function filled(assertion: ClaimAssertion, values: Values): readonly ClaimAssertion[] {
  const { value } = assertion;
  if (typeof value === "string") {
    const text = fill(value, values);
    return text === undefined ? [] : [{ ...assertion, value: text }];
  }
  if (!Array.isArray(value)) return [assertion];
  const members = value.flatMap((member) =>
    typeof member === "string" ? (fill(member, values) ?? []) : member,
  );
  return members.length === 0 ? [] : [{ ...assertion, value: members }];
}

/** Undefined where a value is left out. */
function fill(text: string, values: Values): string | undefined {
  const isComplete = [...text.matchAll(PLACEHOLDER)].every(([, name = ""]) => values.has(name));
  return isComplete ? text.replace(PLACEHOLDER, (_, name: string) => values.get(name) ?? "") : undefined;
}

/** What stands in brackets, where all of it is filled in. */
function withOptional(text: string, values: Values): string {
  return text.replace(/\[([^\]]*)\]/g, (_, inner: string) => fill(inner, values) ?? "");
}

const PLACEHOLDER = /<([A-Za-z]+)>/g;

function problem(name: string, code: string, detail: string): MemberProblem {
  return { pointer: `/parameters/${name}`, code, detail };
}
