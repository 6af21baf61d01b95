/** What to write instead: the assertions of the issuer's own template, with what to fill in in words. */
import type { ClaimAssertion } from "../../protocol/index.ts";
import type { TrustTemplate } from "../../trust/index.ts";

const PLACEHOLDER = /<([A-Za-z]+)>/g;

/** What the template of a kind asks for that says whose the workload is; undefined where it has no such. */
export function tenantAdvice(kind: TrustTemplate): readonly ClaimAssertion[] | undefined {
  const advised = kind.assertions
    .filter(({ item, operator }) => kind.tenantItems.includes(item) && operator === "equals")
    .filter((assertion) => isAlwaysAsked(kind, assertion));
  return advised.length === 0 ? undefined : advised.map((assertion) => described(kind, assertion));
}

/** An assertion on one item, and where its value is to be found. */
export function idAdvice(kind: TrustTemplate, item: string): ClaimAssertion {
  const asked = kind.assertions.find((assertion) => assertion.item === item);
  if (asked?.operator === "equals") return described(kind, asked);
  return { item, operator: "equals", value: `<${item} of one of its tokens>` };
}

/** Whether the template asks for an item whatever its caller fills in. */
export function asksAlways(kind: TrustTemplate, item: string): boolean {
  return kind.assertions.some((assertion) => assertion.item === item && isAlwaysAsked(kind, assertion));
}

function isAlwaysAsked({ parameters }: TrustTemplate, { value }: ClaimAssertion): boolean {
  const texts = [value].flat().filter((text) => typeof text === "string");
  return texts
    .flatMap((text) => [...text.matchAll(PLACEHOLDER)])
    .every(([, name = ""]) => parameters[name]?.isRequired);
}

/** The parameters' descriptions in place of their names, each cut to where the value is found. */
function described({ parameters }: TrustTemplate, assertion: ClaimAssertion): ClaimAssertion {
  if (typeof assertion.value !== "string") return assertion;
  const value = assertion.value.replace(PLACEHOLDER, (whole, name: string) => {
    const description = parameters[name]?.description;
    return description === undefined ? whole : `<${description.replace(/\.$/, "")}>`;
  });
  return { ...assertion, value };
}
