import { quote } from "../../trust/index.ts";
import type { Fact } from "./breadth_facts.ts";

const PLURALS: Readonly<Record<string, string>> = {
  branch: "branches",
  tag: "tags",
  "pull request": "pull requests",
  "branch or tag": "branches or tags",
  ref: "refs",
};

/** Which branches or tags, in words; a bare name is a branch only where the claim, or another one, says so. */
export function refWords({ item, isGlob, values }: Fact, facts: readonly Fact[]): string {
  const type = facts.find((fact) => fact.item === "ref_type");
  const bare = item === "ref" ? (type?.values.length === 1 ? type.values[0] : "branch or tag") : "branch";
  const nouns = new Set(values.map((value) => nounOf(value, bare ?? "ref")));
  const noun = nouns.size === 1 ? ([...nouns][0] ?? "ref") : "ref";
  const plural = PLURALS[noun] ?? "refs";
  if (!isGlob) return values.length === 1 ? `one ${noun}` : `${values.length} ${plural}`;
  const rest = (values[0] ?? "").replace(/^refs\/(?:heads|tags|pull)\//, "");
  return /^\*+$/.test(rest) ? `any ${noun}` : `${plural} like ${quote(rest)}`;
}

function nounOf(value: string, bare: string): string {
  if (value.startsWith("refs/heads/")) return "branch";
  if (value.startsWith("refs/tags/")) return "tag";
  if (value.startsWith("refs/pull/")) return "pull request";
  return /^refs\/|^[*]/.test(value) ? "ref" : bare;
}
