import { and, eq, gt, type SQL, sql } from "drizzle-orm";
import { type AuditAction, commit, type TargetType } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, secondsOf } from "../protocol/index.ts";
import { readBatch, type Statement, schema } from "../store/index.ts";
import { IS_REVOKED, revokeAccessTokens, revokeProjectTokens, revokeTokensOf } from "../tokens/index.ts";
import { attempt } from "./attempt.ts";
import { type Traces, tracesOf } from "./leaked_traces.ts";

const { accessToken, projectToken, serviceAccountKey } = schema;

type CredentialType = "access_token" | "project_token" | "service_account_key";

/** What of one reported string was ours. Who it belongs to is told to its owner's record, not to the reporter. */
export interface LeakReport {
  readonly index: number;
  readonly recognised: boolean;
  readonly found: readonly { readonly type: CredentialType; readonly wasLive: boolean }[];
}

/** A credential of ours that somebody else has seen. */
interface Leaked {
  readonly type: CredentialType;
  readonly id: string;
  /** The trace that it was recognised by. */
  readonly trace: string;
  readonly projectId: string;
  readonly serviceAccountId: string;
  readonly isLive: boolean;
}

/**
 * Revokes every reported credential that is ours: tokens by themselves or by their SHA-256, keys by their private
 * half. Only who has the whole of a credential, or its hash, is told anything of it.
 * @param reported strings, or SHA-256 hashes as 64 hexadecimal digits
 */
export async function reportLeaked(
  context: Context,
  reported: readonly string[],
): Promise<Result<readonly LeakReport[], Problem>> {
  const event = { action: "leaked_credential.report", target: { type: "leaked_credential" } } as const;
  const access = { found: accept(true), permission: "leaked-credentials:report", place: () => ({}) } as const;
  return attempt(context, { ...access, event }, async () => {
    const traces = await Promise.all(reported.map(tracesOf));
    const leaked = await recognise(context, traces);
    for (const one of leaked) if (one.isLive) await end(context, one);
    return accept(
      traces.map(({ hashes, thumbprints }, index) => {
        const own = leaked.filter(({ trace }) => hashes.includes(trace) || thumbprints.includes(trace));
        const found = own.map(({ type, isLive }) => ({ type, wasLive: isLive }));
        return { index, recognised: found.length > 0, found };
      }),
    );
  });
}

async function recognise({ deps }: Context, traces: readonly Traces[]): Promise<readonly Leaked[]> {
  const { db } = deps;
  const now = secondsOf(deps.nowMs());
  const hashes = anyOf(traces.flatMap((one) => one.hashes));
  const thumbprints = anyOf(traces.flatMap((one) => one.thumbprints));
  const [access, project, keys] = await readBatch(db, [
    db
      .select({ row: accessToken, isRevoked: IS_REVOKED.as("is_revoked") })
      .from(accessToken)
      // The index by expiry keeps this to the tokens that live: a leaked one that is dead needs no end.
      .where(and(gt(accessToken.expiresAt, now), sql`${accessToken.tokenSha256} IN ${hashes}`)),
    db.select().from(projectToken).where(sql`${projectToken.tokenSha256} IN ${hashes}`),
    db.select().from(serviceAccountKey).where(sql`${serviceAccountKey.thumbprint} IN ${thumbprints}`),
  ]);
  const tokens = access.map(({ row: { jti, tokenSha256, ...row }, isRevoked: revoked }) => {
    return {
      ...ownerOf(row),
      type: "access_token",
      id: jti,
      trace: tokenSha256,
      isLive: revoked === 0,
    } as const;
  });
  const projectTokens = project.map(({ tokenSha256, revokedAt, expiresAt, ...row }) => {
    const isLive = revokedAt === null && expiresAt > now;
    return { ...ownerOf(row), type: "project_token", id: row.id, trace: tokenSha256, isLive } as const;
  });
  const accountKeys = keys.map(({ thumbprint, active, ...row }) => {
    return {
      ...ownerOf(row),
      type: "service_account_key",
      id: row.id,
      trace: thumbprint,
      isLive: active,
    } as const;
  });
  return [...projectTokens, ...accountKeys, ...tokens];
}

function ownerOf({ projectId, serviceAccountId }: Pick<Leaked, "projectId" | "serviceAccountId">) {
  return { projectId, serviceAccountId };
}

/** One parameter for all of them: a statement has a bound on its parameters. */
function anyOf(values: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** Ends one credential and what was got by it. A guard that matches nothing says that somebody was faster. */
async function end(context: Context, leaked: Leaked): Promise<void> {
  const { type, id, projectId, serviceAccountId } = leaked;
  const action: AuditAction = `${type}.leaked`;
  const target = { type: type satisfies TargetType, id };
  const detail = "Reported as leaked; it was ended at once.";
  await commit(context, {
    event: { action, target, projectId, serviceAccountId, detail },
    ...endOf(context, leaked),
  });
}

function endOf(
  context: Context,
  { type, id, projectId, serviceAccountId }: Leaked,
): { readonly before: readonly Statement[]; readonly guarded: Statement } {
  switch (type) {
    case "access_token":
      return {
        before: [],
        guarded: revokeAccessTokens(
          context,
          sql`${accessToken.projectId} = ${projectId} AND ${accessToken.jti} = ${id}`,
          null,
        ),
      };
    case "project_token":
      return {
        before: [revokeTokensOf(context, { projectId, serviceAccountId, projectTokenId: id })],
        guarded: revokeProjectTokens(
          context,
          sql`${projectToken.projectId} = ${projectId} AND ${projectToken.id} = ${id}`,
          null,
        ),
      };
    case "service_account_key":
      return {
        before: [revokeTokensOf(context, { projectId, serviceAccountId, serviceAccountKeyId: id })],
        guarded: context.deps.db
          .update(serviceAccountKey)
          .set({
            active: false,
            version: sql`${serviceAccountKey.version} + 1`,
            updatedAt: secondsOf(context.deps.nowMs()),
          })
          .where(
            and(
              eq(serviceAccountKey.projectId, projectId),
              eq(serviceAccountKey.id, id),
              eq(serviceAccountKey.active, true),
            ),
          ),
      };
  }
}
