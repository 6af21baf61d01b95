import { and } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  accept,
  type ClaimAssertion,
  type Mode,
  PROVIDERS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  secondsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { isEnforced, isPositive, pinOf } from "../trust/index.ts";
import { whileRoom } from "./account_members.ts";
import { stillHolds } from "./bindings/grants_version.ts";
import { isAt } from "./etag.ts";
import type { ProviderRow, ServiceAccountRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";
import { judgeFindings } from "./provider_findings.ts";
import { judgeStorable } from "./provider_rules.ts";

const { federatedIdentityProvider: provider } = schema;

/** How a trust judges, besides its assertions. Seconds. */
interface Judging {
  readonly mode?: Mode | undefined;
  readonly singleUse?: boolean | undefined;
  /** Codes of findings that the caller accepts. */
  readonly acknowledge?: readonly string[] | undefined;
}

export interface ProviderInput extends Judging {
  readonly name: string;
  readonly issuer: string;
  readonly assertions: readonly ClaimAssertion[];
  /** The issuer's key set, where it cannot be fetched. */
  readonly jwks?: { readonly keys: readonly unknown[] } | undefined;
  readonly tokenLifetime?: number | undefined;
  readonly maxTokenAge?: number | undefined;
  readonly leeway?: number | undefined;
  readonly disabled?: boolean | undefined;
  /** The template that it was made from. */
  readonly template?: string | undefined;
}

/** A merge patch; lists are replaced whole. @see RFC 7396 */
export interface ProviderChange extends Judging {
  readonly name?: string | undefined;
  readonly issuer?: string | undefined;
  readonly assertions?: readonly ClaimAssertion[] | undefined;
  readonly jwks?: { readonly keys: readonly unknown[] } | null | undefined;
  readonly tokenLifetime?: number | null | undefined;
  readonly maxTokenAge?: number | null | undefined;
  readonly leeway?: number | null | undefined;
  /** To believe names anew, whatever ids they have now. */
  readonly learnedIds?: null | undefined;
  readonly disabled?: boolean | undefined;
}

/** A trust as it will be stored; refuses what may not be. */
export async function newProvider(
  { deps }: Context,
  account: ServiceAccountRow,
  input: ProviderInput,
): Promise<Result<ProviderRow, Problem>> {
  const jwks = input.jwks ?? null;
  const keys = await judgeStorable(deps.config, { ...input, jwks });
  if (!keys.ok) return keys;
  const acknowledged = judgeFindings({ ...input, jwks }, input.acknowledge ?? []);
  if (!acknowledged.ok) return acknowledged;
  const now = secondsOf(deps.nowMs());
  return accept({
    id: newId(deps.nowMs()),
    projectId: account.projectId,
    serviceAccountId: account.id,
    name: input.name,
    issuer: input.issuer,
    assertions: input.assertions,
    jwks: keys.value,
    tokenLifetime: input.tokenLifetime ?? null,
    disabled: input.disabled ?? false,
    mode: input.mode ?? "enforce",
    singleUse: input.singleUse ?? false,
    maxTokenAge: input.maxTokenAge ?? null,
    leeway: input.leeway ?? null,
    learnedIds: null,
    acknowledged: acknowledged.value,
    template: input.template ?? null,
    pin: pinOf(input.assertions, input.mode ?? "enforce"),
    lastUsedAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  });
}

/** The trust after a change; refuses what may not be stored, and findings that nobody accepted. */
export async function changedProvider(
  context: Context,
  row: ProviderRow,
  change: ProviderChange,
): Promise<Result<ProviderRow, Problem>> {
  const next = await providerAfter(context, row, change);
  if (!next.ok || !isAnother(change)) return next;
  const acknowledged = judgeFindings(next.value, [...row.acknowledged, ...(change.acknowledge ?? [])]);
  return acknowledged.ok ? accept({ ...next.value, acknowledged: acknowledged.value }) : acknowledged;
}

/** The trust as a change would leave it, whatever is found in it; refuses what may not be stored. */
export async function providerAfter(
  { deps }: Context,
  row: ProviderRow,
  change: ProviderChange,
): Promise<Result<ProviderRow, Problem>> {
  const issuer = change.issuer ?? row.issuer;
  const assertions = change.assertions ?? row.assertions;
  const mode = change.mode ?? row.mode;
  const terms = { issuer, assertions, jwks: merged(row.jwks, change.jwks) };
  const keys = await judgeStorable(deps.config, terms);
  if (!keys.ok) return keys;
  const isSame = issuer === row.issuer && namesIn(assertions) === namesIn(row.assertions);
  return accept({
    ...row,
    mode,
    pin: pinOf(assertions, mode),
    singleUse: change.singleUse ?? row.singleUse,
    maxTokenAge: merged(row.maxTokenAge, change.maxTokenAge),
    leeway: merged(row.leeway, change.leeway),
    // Whoever says anew whom he trusts has looked; what was learned of others would refuse them.
    learnedIds: isSame && change.learnedIds !== null ? row.learnedIds : null,
    issuer,
    assertions,
    jwks: keys.value,
    name: change.name ?? row.name,
    tokenLifetime: merged(row.tokenLifetime, change.tokenLifetime),
    disabled: change.disabled ?? row.disabled,
    version: row.version + 1,
    updatedAt: secondsOf(deps.nowMs()),
  });
}

/** Whether a change says anew whose tokens are believed. */
function isAnother({ issuer, assertions, jwks }: ProviderChange): boolean {
  return issuer !== undefined || assertions !== undefined || jwks !== undefined;
}

/** Whom assertions name, as one text. */
function namesIn(assertions: readonly ClaimAssertion[]): string {
  const naming = assertions.filter((assertion) => isEnforced(assertion) && isPositive(assertion));
  return JSON.stringify(naming.map(({ item, operator, value }) => [item, operator, value]));
}

/** Inserted only while the account is there and has room. */
export function insertProvider(context: Context, row: ProviderRow): Statement {
  return insertSelect(
    context.deps.db,
    provider,
    row,
    whileRoom(context, row, { table: provider, max: PROVIDERS_PER_ACCOUNT_MAX }),
  );
}

/** Changes the row only at the version that was read. */
export function updateProviderRow(context: Context, row: ProviderRow, next: ProviderRow): Statement {
  const { id, projectId, serviceAccountId, createdAt, lastUsedAt, ...columns } = next;
  const guard = and(isAt(provider, row), stillHolds(context, row.projectId));
  return context.deps.db.update(provider).set(columns).where(guard);
}
