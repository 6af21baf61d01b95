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
import { heldBindingsOf } from "../rbac/index.ts";
import { claimAt } from "./claims.ts";
import { type DecodedJwt, quote } from "./decode.ts";
import { findKey } from "./find_key.ts";
import { isHeldBy, type PersonGround } from "./person_query.ts";
import { judgeTimes, verifySignature } from "./verify.ts";

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

function textAt({ claims }: DecodedJwt, item: string): string | undefined {
  const value = claimAt(claims, segmentsOf(item));
  return typeof value === "string" ? value : undefined;
}

function groupsOf({ claims }: DecodedJwt, item: string): readonly string[] {
  const value = claimAt(claims, segmentsOf(item));
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((group) => typeof group === "string");
}
