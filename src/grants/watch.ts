import type { Context } from "../deps.ts";
import { hasNoted, noteToken, noteVanished } from "../directory/index.ts";
import { itemOf, segmentsOf } from "../protocol/index.ts";
import { type AssertionTrace, isEnforced, isPositive } from "../trust/index.ts";
import type { Denial, Identity } from "./identify.ts";

/** Notes what a foreign token that was granted tells of its issuer. Nobody waits for it, nothing is refused for it. */
export function watchGrant(context: Context, { anchor, evidence, voucher }: Identity): void {
  if (voucher.authMethod !== "federation" || evidence.authMethod !== "federation") return;
  const believed = { projectId: anchor.account.projectId, jwt: evidence.jwt };
  if (!hasNoted(context, believed)) behind(context, noteToken(context, believed));
}

/** Notes claims that any trust asked for, in shadow too, and a refused token that its issuer signed had not. */
export function watchDenial(context: Context, { anchor, evidence, refusal, trace }: Denial): void {
  if (refusal.reason !== "assertion_failed" || trace?.signature !== true) return;
  if (anchor === undefined || evidence?.authMethod !== "federation") return;
  const absent = trace.trusts.flatMap(({ assertions }) => absentIn(assertions));
  const items = [...new Set(absent.map(({ assertion }) => itemOf(segmentsOf(assertion.item))))];
  if (items.length === 0) return;
  const { projectId } = anchor.account;
  behind(context, noteVanished(context, { projectId, issuer: evidence.jwt.issuer, items }));
}

/** Where all that fails is absent and the workload is named by what holds; else it may be a stranger's token. */
function absentIn(assertions: readonly AssertionTrace[]): readonly AssertionTrace[] {
  const enforced = assertions.filter(({ assertion }) => isEnforced(assertion));
  const failed = enforced.filter(({ holds }) => !holds);
  const isNamed = enforced.some(({ assertion, holds }) => holds && isPositive(assertion));
  return isNamed && failed.every(({ received }) => received === undefined) ? failed : [];
}

function behind({ deps, request }: Context, work: Promise<void>): void {
  const failed = (error: unknown) =>
    deps.log({ level: "warn", event: "issuer_not_noted", cause: String(error).slice(0, 200) });
  request.waitUntil(work.catch(failed));
}
