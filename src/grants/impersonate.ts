import type { Context } from "../deps.ts";
import {
  ACCESS_TOKEN_MAX_SECONDS,
  ACT_CHAIN_MAX,
  type ActingParty,
  type Actor,
  accept,
  type ExchangeRefusal,
  type HeldBinding,
  hasPassed,
  isPrincipal,
  isRecord,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { circumstancesOf, decide, explain, givenUntil, IMPERSONATE, mayUse, weigh } from "../rbac/index.ts";
import { type Anchor, judgePerson } from "../trust/index.ts";
import { actorOf } from "./bearer.ts";
import type { Evidence, OwnEvidence } from "./evidence.ts";
import type { Ground } from "./ground.ts";
import type { ImpersonationVoucher } from "./voucher.ts";

type Verdict<Value> = Result<Value, ExchangeRefusal>;

/** Who presents: somebody who acts as the account, or the account itself by what is its own. */
export type Presenter =
  | { readonly actor: Actor }
  | { readonly actor: undefined; readonly evidence: OwnEvidence };

/**
 * Who presents what is presented. Somebody acts as the account that is named where it is his and not the account's: by a
 * token of ours the account of that token, by an ID token a person, where the account trusts nobody of that issuer
 * itself.
 */
export async function presenterOf(
  context: Context,
  evidence: Evidence,
  { anchor, parent, person }: Ground,
): Promise<Verdict<Presenter>> {
  if (evidence.authMethod === "federation" && person !== undefined && anchor?.providers.length === 0) {
    const judged = await judgePerson(context, evidence.jwt, person);
    return judged.ok ? accept({ actor: judged.value }) : judged;
  }
  if (evidence.authMethod !== "impersonation") return accept({ actor: undefined, evidence });
  if (parent === undefined) return refuse({ reason: "own_token_rejected", detail: "It is not good now." });
  if (parent.audience === context.deps.config.issuerUrl) return accept({ actor: actorOf(parent) });
  return refuse({ reason: "own_token_rejected", detail: "It was made for another audience than us." });
}

/**
 * Whether an actor may act as an account: a role that lets him, within his token's scope, and a chain that stays short
 * and meets nobody twice. @see RFC 8693 s4.1
 */
export function judgeImpersonation(
  context: Context,
  actor: Actor,
  { account }: Pick<Anchor, "account">,
): Verdict<ImpersonationVoucher> {
  const authMethod = "impersonation";
  if (actor.type === "bootstrap") {
    const by = { type: "bootstrap", id: "bootstrap" } as const;
    return accept({ authMethod, by, act: [by], until: null });
  }
  if (!isPrincipal(actor)) return refuse(NOBODY);
  const granted = grantImpersonation(context, actor.bindings, account);
  if (!granted.ok) return granted;
  if (!mayUse(actor, IMPERSONATE)) return refuse(OUT_OF_SCOPE);
  const { bindingId, until } = granted.value;
  if (actor.type === "person") {
    const mayAct = judgeMayAct(actor.mayAct, account, context.deps.config.issuerUrl);
    if (!mayAct.ok) return mayAct;
    const { identityProviderId: id, identityProviderVersion: version } = actor;
    const by = { type: "identity_provider", id, version } as const;
    const party = { type: "person", id: actor.subject, issuer: actor.issuer, bindingId } as const;
    // What is taken within the leeway of clocks has ended all the same: nothing can be bounded by it.
    if (hasPassed(actor.expiresAt, secondsOf(context.deps.nowMs()))) return refuse(ID_TOKEN_ENDED);
    return accept({ authMethod, by, act: [party], until: Math.min(until, actor.expiresAt) });
  }
  const { credential } = actor;
  if (credential.type !== "access_token") return refuse(NOT_BY_PROJECT_TOKEN);
  const party = { type: "service_account", id: actor.id, bindingId } as const;
  const chain = judgeChain([party, ...actor.act], account.id);
  if (!chain.ok) return chain;
  const by = { type: "access_token", id: credential.id } as const;
  return accept({ authMethod, by, act: chain.value, until: Math.min(until, credential.expiresAt ?? until) });
}

const ID_TOKEN_ENDED: ExchangeRefusal = {
  reason: "token_expired",
  detail: "The ID token ends now: get a fresh one.",
};
const NOBODY: ExchangeRefusal = {
  reason: "impersonation_not_granted",
  detail: "Nobody in particular acts.",
};
const OUT_OF_SCOPE: ExchangeRefusal = {
  reason: "impersonation_not_granted",
  detail: `The token's scope leaves out ${IMPERSONATE}.`,
};
const NOT_BY_PROJECT_TOKEN: ExchangeRefusal = {
  reason: "impersonation_not_granted",
  detail: "A project token does not impersonate: exchange it for an access token, and use that.",
};

/** Which binding lets its holder act as an account, and until when: integer seconds. */
function grantImpersonation(
  context: Context,
  bindings: readonly HeldBinding[],
  { id, projectId }: { readonly id: string; readonly projectId: string },
): Verdict<{ readonly bindingId: string; readonly until: number }> {
  const place = { projectId, serviceAccountId: id };
  const circumstances = circumstancesOf(context);
  const verdict = decide(weigh(bindings, circumstances), IMPERSONATE, place);
  if (!verdict.allowed) {
    const detail = `${explain(bindings, IMPERSONATE, place, circumstances).slice(0, 800)}.`;
    return refuse({ reason: "impersonation_not_granted", detail });
  }
  const horizon = circumstances.now + ACCESS_TOKEN_MAX_SECONDS;
  const until = givenUntil(bindings, circumstances, { permissions: [IMPERSONATE], place, horizon });
  return accept({ bindingId: verdict.by, until });
}

function judgeChain(act: readonly ActingParty[], accountId: string): Verdict<readonly ActingParty[]> {
  if (act.length > ACT_CHAIN_MAX) {
    return refuse({ reason: "impersonation_chain", detail: `It would be ${act.length} steps long.` });
  }
  const isCycle = act.some(({ type, id }) => type === "service_account" && id === accountId);
  if (isCycle) return refuse({ reason: "impersonation_chain", detail: "The account is in it already." });
  return accept(act);
}

/**
 * A token may say who alone may act for whom it names: then that has to be the account that it is shown for, by its id
 * or e-mail. What we cannot read names nobody. @see RFC 8693 s4.4
 */
export function judgeMayAct(
  mayAct: unknown,
  account: Pick<Anchor["account"], "id" | "email">,
  issuerUrl: string,
): Verdict<true> {
  if (mayAct === undefined) return accept(true);
  const { sub, iss, ...others } = isRecord(mayAct) ? mayAct : {};
  const isNamed = sub === account.id || sub === account.email;
  const isOurs = iss === undefined || iss === issuerUrl;
  if (isNamed && isOurs && Object.keys(others).length === 0) return accept(true);
  return refuse({
    reason: "may_act_mismatch",
    detail: `It does not name ${account.id} or its e-mail alone.`,
  });
}
