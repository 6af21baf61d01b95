import { and, eq, sql } from "drizzle-orm";
import { recordedClaim, recordedText } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  type ClaimCriterion,
  instantOf,
  type MemberProblem,
  type Problem,
  type Result,
  type RevocationCriteria,
  refuse,
  secondsOf,
  segmentsOf,
} from "../protocol/index.ts";
import { insertSelect, newId, readBatch, type Statement, schema } from "../store/index.ts";
import {
  accessTokensMeant,
  IS_REVOKED,
  isGoodProjectToken,
  projectTokensMeant,
  type RevocationScope,
  revokeAccessTokens,
  revokeProjectTokens,
} from "../tokens/index.ts";
import { locateServiceAccount, type RevocationRow } from "./locate.ts";

const { accessToken, projectToken, revocation, revokedToken } = schema;

export interface RevocationInput extends Omit<RevocationCriteria, "serviceAccountId"> {
  /** Id, e-mail or name. */
  readonly serviceAccount?: string | undefined;
  readonly reason?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** How many tokens a revocation takes, or would take. */
export interface Taken {
  readonly accessTokens: number;
  readonly projectTokens: number;
}

/** What is asked for, with the account found and claims as the record has them. */
export async function readCriteria(
  context: Context,
  projectId: string,
  { serviceAccount, reason, dryRun, claims, issuer, issuerKeyId, ...plain }: RevocationInput,
): Promise<Result<RevocationCriteria, Problem>> {
  const recorded = recordedClaims(claims);
  if (!recorded.ok) return recorded;
  const others = {
    ...plain,
    ...(issuer === undefined ? {} : { issuer: recordedText(issuer) }),
    ...(issuerKeyId === undefined ? {} : { issuerKeyId: recordedText(issuerKeyId) }),
    ...(recorded.value === undefined ? {} : { claims: recorded.value }),
  };
  const criteria =
    serviceAccount === undefined
      ? accept(others)
      : await withAccount(context, projectId, others, serviceAccount);
  if (!criteria.ok) return criteria;
  const { all, ...narrowing } = criteria.value;
  const isNarrow = Object.values(narrowing).some((one) => one !== undefined);
  if (all === true && isNarrow) return refuse(CONTRADICTION);
  return all === true || isNarrow ? criteria : refuse(NOTHING);
}

async function withAccount(
  { deps }: Context,
  projectId: string,
  criteria: RevocationCriteria,
  ref: string,
): Promise<Result<RevocationCriteria, Problem>> {
  const found = await locateServiceAccount(deps, projectId, ref);
  if (found.ok) return accept({ ...criteria, serviceAccountId: found.value.id });
  return refuse(
    badMember(
      "/serviceAccount",
      "not_found",
      "No service account of this project has this id, e-mail or name.",
    ),
  );
}

function recordedClaims(
  claims: readonly ClaimCriterion[] | undefined,
): Result<readonly ClaimCriterion[] | undefined, Problem> {
  const recorded = claims?.map(({ item, value }) => ({
    item,
    value: recordedClaim(segmentsOf(item), value),
  }));
  const missing = recorded?.findIndex(({ value }) => value === undefined) ?? -1;
  if (missing !== -1) return refuse(badMember(`/claims/${missing}`, "not_recorded", NOT_RECORDED));
  return accept(recorded as readonly ClaimCriterion[] | undefined);
}

/** How many live tokens the criteria mean now. */
export async function countMeant({ deps }: Context, scope: RevocationScope): Promise<Taken> {
  const now = secondsOf(deps.nowMs());
  const count = { n: sql<number>`count(*)`.as("n") };
  const isLive = sql`${accessToken.expiresAt} > ${now} AND NOT ${IS_REVOKED}`;
  const [access, project] = await readBatch(deps.db, [
    deps.db
      .select(count)
      .from(accessToken)
      .where(sql`${isLive} AND ${accessTokensMeant(deps, scope)}`),
    deps.db
      .select(count)
      .from(projectToken)
      .where(sql`${isGoodProjectToken(now)} AND ${projectTokensMeant(scope) ?? sql`0`}`),
  ]);
  return { accessTokens: access[0]?.n ?? 0, projectTokens: project[0]?.n ?? 0 };
}

/** The statements of one revocation: take them, record it, count what was taken. */
export function revocationStatements(context: Context, scope: RevocationScope, reason: string | null) {
  const { deps } = context;
  const { projectId, criteria } = scope;
  const now = secondsOf(deps.nowMs());
  const id = newId(deps.nowMs());
  const row = { id, projectId, criteria, reason, accessTokens: 0, projectTokens: 0, createdAt: now };
  const projectTokens = projectTokensMeant(scope);
  const before: Statement[] = [revokeAccessTokens(context, accessTokensMeant(deps, scope), id)];
  if (projectTokens !== undefined) {
    before.push(revokeProjectTokens(context, sql`${isGoodProjectToken(now)} AND ${projectTokens}`, id));
  }
  const counted = deps.db
    .update(revocation)
    .set({
      accessTokens: sql`(SELECT count(*) FROM ${revokedToken} WHERE ${revokedToken.revocationId} = ${id})`,
      projectTokens: sql`(SELECT count(*) FROM ${projectToken} WHERE ${projectToken.revocationId} = ${id})`,
    })
    .where(and(eq(revocation.projectId, projectId), eq(revocation.id, id)));
  const guarded = insertSelect(deps.db, revocation, row, sql`FROM project p WHERE p.id = ${projectId}`);
  return { id, before, guarded, after: [counted] };
}

export type RevocationItem = ReturnType<typeof revocationItem>;

export function revocationItem(row: RevocationRow) {
  return {
    id: row.id,
    projectId: row.projectId,
    criteria: row.criteria,
    reason: row.reason,
    dryRun: false,
    accessTokens: row.accessTokens,
    projectTokens: row.projectTokens,
    createdAt: instantOf(row.createdAt),
  };
}

const NOT_RECORDED =
  "The record keeps no value of this claim (its name is sensitive, it lies deeper than four levels, or the value is a token), so no token can be found by it.";

const NOTHING: Problem = badMember(
  "",
  "no_criteria",
  "Say which tokens: serviceAccount, keyId, federatedIdentityProviderId, projectTokenId, issuer, issuerKeyId, claims; or all: true for the whole project.",
);

const CONTRADICTION: Problem = badMember(
  "/all",
  "contradiction",
  "all: true takes everything; leave out the other criteria, or all.",
);

function badMember(pointer: string, code: string, detail: string): Problem {
  const errors: readonly MemberProblem[] = [{ pointer, code, detail }];
  return { code: "invalid_body", detail, errors };
}
