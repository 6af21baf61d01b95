/** A person's claim is no permission: he may leave, or start what he should not. */

import { tenantAdvice } from "./advice.ts";
import type { LintFinding } from "./finding.ts";
import { identityItems, isOn, isWithin, type Reading } from "./reading.ts";

/** What names a person wherever nothing else is known. */
const PERSON_ITEMS = [
  "email",
  "preferred_username",
  "name",
  "upn",
  "login",
  "actor",
  "user_login",
  "user_email",
];

/** A person alone, or beside others. */
export function personClaims({ kind, naming }: Reading): readonly LintFinding[] {
  const items = kind === undefined ? PERSON_ITEMS : kind.personItems;
  const persons = naming.filter((asserted) => isWithin(asserted, items));
  const others = naming.filter((asserted) => !persons.includes(asserted));
  const identifying =
    kind === undefined ? others : others.filter((other) => isOn(other, identityItems(kind)));
  const isAlone = identifying.length === 0;
  if (kind === undefined && !isAlone) return [];
  const better = kind === undefined ? SUBJECT : tenantAdvice(kind);
  return persons.map(({ assertion: { item }, pointer }) =>
    isAlone
      ? {
          code: "person_only",
          severity: "refuse",
          pointer,
          detail: `${item} names a person, and nothing else says which workload it is: whatever that person starts comes in. Ask for the workload.`,
          ...(better === undefined ? {} : { better }),
        }
      : {
          code: "person_claim",
          severity: "warn",
          pointer,
          detail: `${item} names a person, who may leave, be renamed, or be asked to start the job: leave the assertion out, and restrict who may run the workload at its provider.`,
        },
  );
}

const SUBJECT = [{ item: "sub", operator: "equals", value: "<sub of one of its tokens>" }] as const;
