import { sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import { comparedEmail, type HeldBinding } from "../protocol/index.ts";
import { heldBindingsOf } from "../rbac/index.ts";
import { type Database, prepared } from "../store/index.ts";
import { HELD_BY_NAMES, isHeldBy, provider } from "./person_query.ts";

/** A person as an API says that he is: it verified his ID token, we have seen none. */
export interface VouchedPerson {
  /** The `iss` of one of the operator's identity providers. */
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly groups: readonly string[];
}

const selectProviders = prepared((db) =>
  db
    .select({
      id: provider.id,
      issuer: provider.issuer,
      disabled: provider.disabled,
      held: HELD_BY_NAMES.as("held"),
    })
    .from(provider)
    .where(sql`${provider.issuer} IN (SELECT value FROM json_each(${sql.placeholder("issuers")}))`),
);

/** An identity provider, and all bindings of his that name something that was said of any of the persons. */
export type VouchedProvider = BatchResponse<[ReturnType<typeof selectProviders>]>[0][number];

/** What persons may do, in one read for all of them. */
export function vouchedPersonsQuery(db: Database, persons: readonly VouchedPerson[]) {
  const names = persons.flatMap(namesOf);
  const issuers = persons.map(({ issuer }) => issuer);
  return selectProviders(db, {
    issuers: JSON.stringify([...new Set(issuers)]),
    names: JSON.stringify([...new Set(names)]),
  });
}

/** What one of these persons holds; undefined where no enabled identity provider is his. */
export function bindingsOfVouched(
  providers: readonly VouchedProvider[],
  person: VouchedPerson,
): readonly HeldBinding[] | undefined {
  const found = providers.find(({ issuer }) => issuer === person.issuer);
  if (found === undefined || found.disabled) return undefined;
  const email = person.email === null ? null : comparedEmail(person.email);
  return heldBindingsOf(found.held).filter((binding) => isHeldBy({ ...person, email }, binding));
}

function namesOf({ subject, email, groups }: VouchedPerson): readonly string[] {
  return [subject, ...groups, ...(email === null ? [] : [comparedEmail(email)])];
}
