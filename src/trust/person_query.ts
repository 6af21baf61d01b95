import { sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import { alias } from "drizzle-orm/sqlite-core";
import { comparedEmail, type HeldBinding, type PersonActor } from "../protocol/index.ts";
import { heldColumn } from "../rbac/index.ts";
import { type Database, prepared, schema } from "../store/index.ts";
import type { DecodedJwt } from "./decode.ts";

/** Identity providers, by the name that the conditions on their bindings call them. */
export const provider = alias(schema.identityProvider, "i");

/** The plus keeps the provider's index out where the names lead to fewer rows. */
const IS_NAMED = sql`+b.identity_provider_id = ${provider.id}
  AND b.principal_type IN ('person', 'person_email', 'group')
  AND b.principal_id IN (SELECT value FROM json_each(${sql.placeholder("names")}))`;

/** What names persons, read whole: which claim is whose e-mail or group only the provider's row says. */
export const HELD_BY_NAMES = heldColumn(IS_NAMED);

/** An id or a name of the project that is asked about, or the account's by whose id or e-mail it is; NULL for all. */
const PLACE = sql.placeholder("place");
const PROJECT_ID = sql`(SELECT p.id FROM project p WHERE p.id = ${PLACE} OR p.name = ${PLACE} UNION
  SELECT a.project_id FROM service_account a WHERE a.id = ${PLACE} OR a.email = ${PLACE})`;

/** The project that is asked about; without one, all in which a binding names something that the token says. */
const HIS_PROJECTS = sql`SELECT ${PROJECT_ID} UNION SELECT n.project_id FROM role_binding n
  WHERE ${PLACE} IS NULL AND n.principal_type IN ('person', 'person_email', 'group')
    AND n.principal_id IN (SELECT value FROM json_each(${sql.placeholder("names")}))
    AND +n.identity_provider_id = ${provider.id}`;

/**
 * As `HELD_BY_NAMES`, of one project where one is asked about; and there, or in all of his, what is denied to e-mails
 * and groups, which a token may not tell.
 */
const HELD_AT_PLACE = heldColumn(sql`(${IS_NAMED} AND (${PLACE} IS NULL OR b.project_id = ${PROJECT_ID}))
  OR (b.effect = 'deny' AND b.project_id IN (${HIS_PROJECTS}) AND +b.identity_provider_id = ${provider.id}
    AND +b.principal_type IN ('person_email', 'group') AND NOT (${IS_NAMED}))`);

const selectProvider = prepared((db) =>
  db
    .select({
      id: provider.id,
      issuer: provider.issuer,
      audience: provider.audience,
      mapping: provider.mapping,
      trustsEmail: provider.trustsEmail,
      jwks: provider.jwks,
      disabled: provider.disabled,
      version: provider.version,
      held: HELD_AT_PLACE.as("held"),
      grantsVersion: sql<
        number | null
      >`(SELECT g.grants_version FROM project g WHERE g.id = ${PROJECT_ID})`.as("grants_version"),
    })
    .from(provider)
    .where(sql`${provider.issuer} = ${sql.placeholder("issuer")}`),
);

/** An identity provider, and all bindings of his that name something that the token says. */
export type PersonGround = BatchResponse<[ReturnType<typeof selectProvider>]>[0][number];

/**
 * Who vouches for a person, and what he may do, in one read.
 * @param place id or name of a project, or id or e-mail of an account in it; all projects without it
 */
export function personQuery(db: Database, jwt: DecodedJwt, place: string | undefined) {
  const names = JSON.stringify(namesIn(jwt.claims));
  return selectProvider(db, { issuer: jwt.issuer, names, place: place ?? null });
}

/** Every text in the claims, however deep: what a binding could name. Bounded by the token's own size. */
function namesIn(value: unknown): readonly string[] {
  const names = new Set<string>();
  const pending = [value];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    if (typeof one === "string") names.add(one).add(comparedEmail(one));
    else if (typeof one === "object" && one !== null) pending.push(...Object.values(one));
  }
  return [...names];
}

type Named = Pick<PersonActor, "subject" | "email" | "groups">;

/** Whether a binding names somebody: by his subject, his e-mail in its compared form, or a group of his. */
export function isHeldBy(
  { subject, email, groups }: Named,
  { principalType, principalId }: HeldBinding,
): boolean {
  switch (principalType) {
    case "person":
      return principalId === subject;
    case "person_email":
      return principalId === email;
    case "group":
      return groups.includes(principalId);
    default:
      return false;
  }
}
