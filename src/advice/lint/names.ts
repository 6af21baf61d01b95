import { asksAlways, idAdvice } from "./advice.ts";
import type { LintFinding } from "./finding.ts";
import { isOn, type Reading } from "./reading.ts";
import { isExactPin } from "./tenant.ts";

/**
 * A name without its id. Where any id says whose the workload is, a name besides only narrows; and an id that the
 * template itself does not insist on is worth no warning.
 */
export function mutableNames({ kind, naming }: Reading): readonly LintFinding[] {
  if (kind === undefined) return [];
  const ids = kind.names.flatMap((name) => name.ids);
  if (naming.some((asserted) => isOn(asserted, ids) && isExactPin(kind, asserted))) return [];
  return kind.names.flatMap((name) => {
    const [id] = name.ids.filter((item) => asksAlways(kind, item));
    if (id === undefined || naming.some((asserted) => isOn(asserted, name.ids))) return [];
    return naming
      .filter((asserted) => isOn(asserted, [name.item]))
      .map(({ pointer }) => ({
        code: "mutable_name",
        severity: "warn",
        pointer,
        detail: `${name.item} is a name: once it is changed or deleted, somebody else may take it and come in. Ask for ${name.ids.join(" or ")}, which nobody else can get.`,
        better: [idAdvice(kind, id)],
      }));
  });
}
