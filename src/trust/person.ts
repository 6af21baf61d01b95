import { sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import { alias } from "drizzle-orm/sqlite-core";
import { decodeProtectedHeader } from "jose";
import type { Context } from "../deps.ts";
import {
  accept,
  CLAIM_MAPPING,
  comparedEmail,
  type ExchangeRefusal,
  GROUPS_MAX,
  type HeldBinding,
  isRecord,
  type PersonActor,
  type Result,
  refuse,
  secondsOf,
  segmentsOf,
} from "../protocol/index.ts";
import { heldBindingsOf, heldColumn } from "../rbac/index.ts";
import { type Database, prepared, schema } from "../store/index.ts";
import { claimAt } from "./claims.ts";
import { type DecodedJwt, quote } from "./decode.ts";
import { findKey } from "./find_key.ts";
import { judgeTimes, verifySignature } from "./verify.ts";

export const provider = alias(schema.identityProvider, "i");

/** The plus keeps the provider's index out where the names lead to fewer rows. */
const IS_NAMED = sql`+b.identity_provider_id = ${provider.id}
  AND b.principal_type IN ('person', 'person_email', 'group')
  AND b.principal_id IN (SELECT value FROM json_each(${sql.placeholder("names")}))`;

/** What names persons, read whole: which claim is whose e-mail or group only the provider's row says. */
export const HELD = heldColumn(IS_NAMED);

/** An id or a name of the project that is asked about, or the account's by whose id or e-mail it is; NULL for all. */
const PLACE = sql.placeholder("place");
const PROJECT_ID = sql`(SELECT p.id FROM project p WHERE p.id = ${PLACE} OR p.name = ${PLACE} UNION
  SELECT a.project_id FROM service_account a WHERE a.id = ${PLACE} OR a.email = ${PLACE})`;

/** As `HELD`, of one project where one is asked about; and there all that is denied to e-mails and groups, which a token may not tell. */
const HELD_AT_PLACE = heldColumn(sql`(${IS_NAMED} AND (${PLACE} IS NULL OR b.project_id = ${PROJECT_ID}))
  OR (b.effect = 'deny' AND b.project_id = ${PROJECT_ID} AND +b.identity_provider_id = ${provider.id}
    AND b.principal_type IN ('person_email', 'group') AND NOT (${IS_NAMED}))`);

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

/**
 * Whether an ID token is a person's, as an identity provider of the operator's says: signature, times, made for our
 * client. @see OpenID Connect Core 1.0 s3.1.3.7
 */
export async function judgePerson(
  context: Context,
  jwt: DecodedJwt,
  ground: PersonGround | undefined,
): Promise<Result<PersonActor, ExchangeRefusal>> {
  if (ground === undefined || ground.disabled) {
    return refuse({ reason: "issuer_not_trusted", detail: `No identity provider is ${quote(jwt.issuer)}.` });
  }
  const { typ } = decodeProtectedHeader(jwt.compact);
  if (typ !== undefined && !ID_TOKEN_TYPE.test(typ)) {
    return refuse({ reason: "token_type_not_allowed", detail: `An ID token's typ is not ${quote(typ)}.` });
  }
  const authentic = await verify(context, jwt, ground);
  if (!authentic.ok) return authentic;
  const times = judgeTimes(jwt, secondsOf(context.deps.nowMs()));
  if (!times.ok) return times;
  if (!isForClient(jwt, ground.audience)) {
    return refuse({ reason: "audience_mismatch", detail: `aud or azp is not ${quote(ground.audience)}.` });
  }
  const groups = groupsOf(jwt, ground.mapping.groups);
  // One group too many to look at could be the one that is denied.
  if (groups.length > GROUPS_MAX || leavesOut(jwt, ground.mapping.groups)) {
    return refuse({ reason: "claim_malformed", detail: `The person is in more than ${GROUPS_MAX} groups.` });
  }
  return accept(personOf(jwt, ground, groups));
}

/** What is meant for an API, or from a client, is no ID token, though its claims may fit. @see RFC 9068 s2.1 */
const ID_TOKEN_TYPE = /^(?:application\/)?jwt$/i;

/**
 * Whether a token says that a claim is to be fetched elsewhere, as providers do with too many groups; `hasgroups` is
 * how Entra ID says it by the implicit flow. @see OpenID Connect Core 1.0 s5.6.2
 */
function leavesOut({ claims }: DecodedJwt, item: string): boolean {
  const [name = ""] = segmentsOf(item);
  const { _claim_names: elsewhere, hasgroups } = claims;
  return (isRecord(elsewhere) && Object.hasOwn(elsewhere, name)) || (name === "groups" && hasgroups === true);
}

async function verify(context: Context, jwt: DecodedJwt, { jwks, issuer }: PersonGround) {
  if (jwks === null) {
    const key = await findKey(context, { issuer, kid: jwt.kid, generation: "" });
    return key.ok ? verifySignature(jwt, key.value) : key;
  }
  const jwk = jwks.keys.find(({ kid }) => kid === jwt.kid);
  if (jwk === undefined)
    return refuse({ reason: "key_not_found", detail: "No uploaded key has this kid." } as const);
  return verifySignature(jwt, { jwk, imported: new Map() });
}

/** A token for several audiences must say that it was our client that asked for it. */
function isForClient({ audience, claims }: DecodedJwt, client: string): boolean {
  if (!audience.includes(client)) return false;
  return claims.azp === undefined ? audience.length === 1 : claims.azp === client;
}

function personOf(jwt: DecodedJwt, ground: PersonGround, groups: readonly string[]): PersonActor {
  const { id, mapping, trustsEmail } = ground;
  const claimed = textAt(jwt, mapping.email);
  const email = claimed === undefined ? null : comparedEmail(claimed);
  // It speaks of the claim `email` alone: of another one, which he may set himself, it says nothing.
  const isUsual = segmentsOf(mapping.email).join("/") === CLAIM_MAPPING.email;
  const isVerified = isUsual && jwt.claims.email_verified === true;
  const isHis = trustsEmail || isVerified;
  const person = {
    type: "person",
    identityProviderId: id,
    identityProviderVersion: ground.version,
    issuer: jwt.issuer,
    subject: jwt.subject,
    email: isHis ? email : null,
    groups,
    mayAct: jwt.claims.may_act,
    expiresAt: Math.floor(jwt.expiresAt),
    scope: null,
    grantsVersion: ground.grantsVersion,
  } as const;
  const isUnknown = unknownNames(jwt, ground);
  // Whoever merely claims an e-mail is given nothing by it, and denied what is denied to it.
  const bindings = heldBindingsOf(ground.held).filter((binding) =>
    binding.effect === "deny"
      ? isUnknown(binding) || isHeldBy({ ...person, email }, binding)
      : isHeldBy(person, binding),
  );
  return { ...person, bindings };
}

/**
 * Which denials a token cannot be held against: it leaves the e-mail or the groups out, as a client may ask for, or says
 * them in no form that we read. What cannot be known lets nobody past a deny.
 */
function unknownNames(jwt: DecodedJwt, { mapping }: PersonGround): (binding: HeldBinding) => boolean {
  const email = textAt(jwt, mapping.email);
  const groups = claimAt(jwt.claims, segmentsOf(mapping.groups));
  const listed: readonly unknown[] = Array.isArray(groups) ? groups : [groups];
  const isEmailKnown = email !== undefined && /^[^\s@]+@[^\s@]+$/.test(email);
  const areGroupsKnown = listed.every((group) => typeof group === "string");
  return ({ principalType }) =>
    (principalType === "person_email" && !isEmailKnown) || (principalType === "group" && !areGroupsKnown);
}

type Named = Pick<PersonActor, "subject" | "email" | "groups">;

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

function textAt({ claims }: DecodedJwt, item: string): string | undefined {
  const value = claimAt(claims, segmentsOf(item));
  return typeof value === "string" ? value : undefined;
}

function groupsOf({ claims }: DecodedJwt, item: string): readonly string[] {
  const value = claimAt(claims, segmentsOf(item));
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((group) => typeof group === "string");
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
