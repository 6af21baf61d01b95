import { and, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import { type AuditAction, commit, type TargetType } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  hasPassed,
  type Problem,
  type Result,
  secondsOf,
  VERIFIER_LEEWAY_SECONDS,
} from "../protocol/index.ts";
import { readBatch, schema } from "../store/index.ts";
import { IS_REVOKED, revokeTokensOf } from "../tokens/index.ts";
import { attempt } from "./attempt.ts";
import { type Traces, tracesOf } from "./leaked_traces.ts";
import { placeInAccount, placeOfService } from "./places.ts";
import { type End, endOfToken } from "./token_end.ts";

const { accessToken, projectToken, serviceAccountKey } = schema;

type CredentialType = "access_token" | "project_token" | "service_account_key";

/** What of one reported string was ours. Who it belongs to is told to its owner's record, not to the reporter. */
export interface LeakReport {
  readonly index: number;
  readonly recognised: boolean;
  readonly found: readonly {
    readonly type: CredentialType;
    /** Whether it was this report that ended it. */
    readonly wasLive: boolean;
  }[];
  /** Whether the string held more than is looked at: to be reported again in parts. */
  readonly truncated: boolean;
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
  /** Whether there is nothing left to do. A key that is merely off still has to be kept from coming back. */
  readonly isOver: boolean;
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
  const access = {
    found: accept(true),
    permission: "leaked-credentials:report",
    place: placeOfService,
    action: "leaked_credential.report",
  } as const;
  return attempt(context, access, async () => {
    const traces = await Promise.all(reported.map(tracesOf));
    const ours: (Leaked & { readonly wasLive: boolean })[] = [];
    for (const leaked of await recognise(context, traces)) {
      const isEndedNow = !leaked.isOver && (await end(context, leaked));
      ours.push({ ...leaked, wasLive: leaked.isLive && isEndedNow });
    }
    return accept(
      traces.map(({ hashes, thumbprints, truncated }, index) => {
        const own = ours.filter(({ trace }) => hashes.includes(trace) || thumbprints.includes(trace));
        const found = own.map(({ type, wasLive }) => ({ type, wasLive }));
        return { index, recognised: found.length > 0, found, truncated };
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
      // The index by expiry keeps this to the tokens that somebody may still accept: others need no end.
      .where(
        and(
          gt(accessToken.expiresAt, now - VERIFIER_LEEWAY_SECONDS),
          sql`${accessToken.tokenSha256} IN ${hashes}`,
        ),
      ),
    db.select().from(projectToken).where(sql`${projectToken.tokenSha256} IN ${hashes}`),
    db.select().from(serviceAccountKey).where(sql`${serviceAccountKey.thumbprint} IN ${thumbprints}`),
  ]);
  // Access tokens first: the end of what they were got by would take them along, without an event of their own.
  return [
    ...access.map(({ row, isRevoked }) => ({
      ...placeInAccount(row),
      type: "access_token" as const,
      id: row.jti,
      trace: row.tokenSha256,
      isLive: isRevoked === 0 && row.expiresAt > now,
      isOver: isRevoked !== 0,
    })),
    ...project.map((row) => {
      const isLive = row.revokedAt === null && row.expiresAt > now;
      const type = "project_token" as const;
      return { ...placeInAccount(row), type, id: row.id, trace: row.tokenSha256, isLive, isOver: !isLive };
    }),
    ...keys.map((row) => ({
      ...placeInAccount(row),
      type: "service_account_key" as const,
      id: row.id,
      trace: row.thumbprint,
      isLive: row.active && !hasPassed(row.validUntil, now),
      isOver: row.leakedAt !== null,
    })),
  ];
}

/** One parameter for all of them: a statement has a bound on its parameters. */
function anyOf(values: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** Ends one credential and what was got by it; false where somebody was faster. */
async function end(context: Context, leaked: Leaked): Promise<boolean> {
  const { type, id } = leaked;
  const action: AuditAction = `${type}.leaked`;
  const target = { type: type satisfies TargetType, id };
  const detail = "Reported as leaked; it was ended at once.";
  const committed = await commit(context, {
    event: { action, target, ...placeInAccount(leaked), detail },
    ...endOf(context, leaked),
  });
  return committed.ok;
}

function endOf(context: Context, { type, ...leaked }: Leaked): End {
  return type === "service_account_key"
    ? endOfKey(context, leaked)
    : endOfToken(context, { type, tokenSha256: leaked.trace, ...leaked });
}

function endOfKey(context: Context, { id, projectId, serviceAccountId }: Omit<Leaked, "type">): End {
  const { db, nowMs } = context.deps;
  const now = secondsOf(nowMs());
  const { version, leakedAt } = serviceAccountKey;
  const isThis = and(eq(serviceAccountKey.projectId, projectId), eq(serviceAccountKey.id, id));
  return {
    before: [revokeTokensOf(context, { projectId, serviceAccountId, serviceAccountKeyId: id })],
    guarded: db
      .update(serviceAccountKey)
      .set({ active: false, leakedAt: now, version: sql`${version} + 1`, updatedAt: now })
      .where(and(isThis, isNull(leakedAt))),
  };
}
