import { type AuditEvent, commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { ensureSigningKey, type SigningKeyChoice, signingKeyOf } from "../keyring/index.ts";
import { accept, type Result, refuse, secondsOf } from "../protocol/index.ts";
import type { Statement } from "../store/index.ts";
import { insertAccessToken, type MintedToken, mintAccessToken, tokenLifetime } from "../tokens/index.ts";
import type { Anchor } from "../trust/index.ts";
import type { Target } from "./target.ts";
import { usageMarks } from "./usage.ts";
import { boundOf, type Voucher } from "./voucher.ts";

/** What the caller gets. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scope: readonly string[];
  readonly audience: string;
  readonly jti: string;
  /** Integer seconds. */
  readonly expiresAt: number;
}

/** A token that has been decided on: for whom, by what, for what, and how the record tells it. */
export interface Issue {
  readonly anchor: Anchor;
  readonly voucher: Voucher;
  readonly target: Target;
  readonly signingKeys: readonly SigningKeyChoice[];
  readonly federated: { readonly iss: string; readonly sub: string } | undefined;
  readonly workloadBindings: readonly string[];
  /** What else is written first, in the same batch. */
  readonly before: readonly Statement[];
  /** What else is written last: by then the token's row was found to be as decided. */
  readonly after?: readonly Statement[];
  readonly event: (token: MintedToken) => AuditEvent;
  /** Seconds that the caller wants it to live at most. */
  readonly wantedLifetime?: number | undefined;
}

/**
 * Mints a token and commits its row and its event; only then is it handed out. `again` when the ground moved since it
 * was decided; `unique` when an index objected. @throws Fault `storage`, `keyring`
 */
export async function issueToken(
  context: Context,
  issue: Issue,
): Promise<Result<IssuedToken, "again" | "unique">> {
  const { deps } = context;
  const { anchor, voucher, target } = issue;
  const { account, project } = anchor;
  const algorithm = target.api?.signingAlgorithm ?? null;
  const key =
    signingKeyOf(issue.signingKeys, deps.config, algorithm) ?? (await ensureSigningKey(context, algorithm));
  const issuedAt = secondsOf(deps.nowMs());
  const bounds = [account, boundOf(voucher), { tokenLifetime: target.api?.tokenLifetime ?? null }];
  const wanted = { tokenLifetime: issue.wantedLifetime ?? null, expiresAt: target.until };
  const lifetimeSeconds = tokenLifetime(issuedAt, [...bounds, wanted]);
  // What bounds the token ended since it was judged: judged again, it will be refused for that.
  if (lifetimeSeconds <= 0) return refuse("again");
  const { audience, scope } = target;
  const token = await mintAccessToken(deps, key, {
    audience,
    scope,
    account,
    issuedAt,
    lifetimeSeconds,
    authMethod: voucher.authMethod,
    federated: issue.federated,
    act: voucher.authMethod === "impersonation" ? voucher.act : [],
  });
  const { workloadBindings } = issue;
  const grant = { audience, scope, resourceServerId: target.api?.id ?? null, workloadBindings };
  const committed = await commit(context, {
    before: issue.before,
    guarded: insertAccessToken(deps, { account, project, voucher }, token, grant),
    event: issue.event(token),
    after: [...usageMarks(context, account, voucher), ...(issue.after ?? [])],
  });
  if (!committed.ok) return refuse(committed.refusal === "guard" ? "again" : "unique");
  const { compact, jti, expiresAt } = token;
  return accept({ accessToken: compact, expiresInSeconds: lifetimeSeconds, scope, audience, jti, expiresAt });
}
