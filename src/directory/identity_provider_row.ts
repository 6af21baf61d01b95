import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  accept,
  CLAIM_MAPPING,
  type ClaimMapping,
  IDENTITY_PROVIDERS_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
  type UploadedKeySet,
} from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import type { IdentityProviderRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";
import { notStorable } from "./problems.ts";
import { judgeItem, judgeTrustedIssuer, type TrustedIssuer } from "./provider_rules.ts";

const { identityProvider } = schema;

/** Which claims say what of a person; what is absent keeps its place, null takes it back to the usual one. */
type MappingChange = { readonly [Member in keyof ClaimMapping]?: string | null | undefined };

/** An identity provider as a caller describes it. */
export interface IdentityProviderInput {
  readonly name: string;
  readonly issuer: string;
  /** Our client id there. */
  readonly audience: string;
  readonly mapping?: MappingChange | undefined;
  /** Takes an e-mail for his although the token does not call it verified. */
  readonly trustsEmail?: boolean | undefined;
  /** The issuer's key set, where it cannot be fetched. */
  readonly jwks?: { readonly keys: readonly unknown[] } | undefined;
  readonly disabled?: boolean | undefined;
}

/** A merge patch. @see RFC 7396 */
export interface IdentityProviderChange {
  readonly name?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly mapping?: MappingChange | null | undefined;
  readonly trustsEmail?: boolean | undefined;
  readonly jwks?: { readonly keys: readonly unknown[] } | null | undefined;
  readonly disabled?: boolean | undefined;
}

/** An identity provider as it will be stored; refuses what may not be. */
export async function newIdentityProvider(
  context: Context,
  input: IdentityProviderInput,
): Promise<Result<IdentityProviderRow, Problem>> {
  const mapping = mergedMapping(CLAIM_MAPPING, input.mapping);
  const keys = await judge(context, { issuer: input.issuer, jwks: input.jwks ?? null }, mapping);
  if (!keys.ok) return keys;
  const nowMs = context.deps.nowMs();
  return accept({
    id: newId(nowMs),
    name: input.name,
    issuer: input.issuer,
    audience: input.audience,
    mapping,
    trustsEmail: input.trustsEmail ?? false,
    jwks: keys.value,
    disabled: input.disabled ?? false,
    version: 1,
    createdAt: secondsOf(nowMs),
    updatedAt: secondsOf(nowMs),
  });
}

/** The identity provider after a change; refuses what may not be stored. */
export async function changedIdentityProvider(
  context: Context,
  row: IdentityProviderRow,
  change: IdentityProviderChange,
): Promise<Result<IdentityProviderRow, Problem>> {
  const issuer = change.issuer ?? row.issuer;
  const mapping = mergedMapping(row.mapping, change.mapping);
  const keys = await judge(context, { issuer, jwks: merged(row.jwks, change.jwks) }, mapping);
  if (!keys.ok) return keys;
  return accept({
    ...row,
    name: change.name ?? row.name,
    issuer,
    audience: change.audience ?? row.audience,
    mapping,
    trustsEmail: change.trustsEmail ?? row.trustsEmail,
    jwks: keys.value,
    disabled: change.disabled ?? row.disabled,
    version: row.version + 1,
    updatedAt: secondsOf(context.deps.nowMs()),
  });
}

function mergedMapping(current: ClaimMapping, change: MappingChange | null | undefined): ClaimMapping {
  if (change === null) return CLAIM_MAPPING;
  const itemOf = (name: keyof ClaimMapping) =>
    merged<string>(current[name], change?.[name]) ?? CLAIM_MAPPING[name];
  return { email: itemOf("email"), name: itemOf("name"), groups: itemOf("groups") };
}

/** All problems at once, each with its place. Returns the key set cut down to public keys. */
async function judge(
  { deps }: Context,
  trusted: TrustedIssuer,
  mapping: ClaimMapping,
): Promise<Result<UploadedKeySet | null, Problem>> {
  const judged = await judgeTrustedIssuer(deps.config, trusted);
  const items = Object.entries(mapping).flatMap(([name, item]) => judgeItem(item, `/mapping/${name}`));
  const errors = [...(judged.ok ? [] : judged.refusal), ...items];
  if (errors.length === 0 && judged.ok) return judged;
  return refuse(notStorable("identity provider", errors));
}

/** Inserted only while there is room: of two that race for the last place one gets it. */
export function insertIdentityProvider({ deps }: Context, row: IdentityProviderRow): Statement {
  const isRoom = sql`WHERE (SELECT count(*) FROM identity_provider) < ${IDENTITY_PROVIDERS_MAX}`;
  return insertSelect(deps.db, identityProvider, row, isRoom);
}

/** Changes the row only at the version that was read. @param guard what else must hold then */
export function updateIdentityProviderRow(
  { deps }: Context,
  row: IdentityProviderRow,
  next: IdentityProviderRow,
  guard: SQL | undefined,
): Statement {
  const { id, createdAt, ...columns } = next;
  return deps.db
    .update(identityProvider)
    .set(columns)
    .where(and(isThisProvider(row), guard));
}

/** This identity provider in exactly this state. */
export function isThisProvider(row: IdentityProviderRow): SQL | undefined {
  return and(eq(identityProvider.id, row.id), eq(identityProvider.version, row.version));
}
