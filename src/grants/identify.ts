import type { Context } from "../deps.ts";
import {
  type Actor,
  accept,
  type ExchangeRefusal,
  type HeldBinding,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { judgeProjectToken } from "../tokens/index.ts";
import { type Anchor, type FederationTrace, judge, judgeSelfSigned, matchClaims } from "../trust/index.ts";
import { actorOf } from "./bearer.ts";
import { type Evidence, factsOf, type OwnEvidence, readEvidence, selectorOf } from "./evidence.ts";
import { type Ground, readGround } from "./ground.ts";
import { judgeImpersonation, judgeMayAct, presenterOf } from "./impersonate.ts";
import { tokenUse } from "./spend.ts";
import type { Voucher } from "./voucher.ts";

/** Who the caller is, and what made us believe it. */
export interface Identity {
  readonly anchor: Anchor;
  readonly evidence: Evidence;
  readonly voucher: Voucher;
  readonly ground: Ground;
  /** Who acts as the account; undefined where it acts itself. */
  readonly actor: Actor | undefined;
  /** What its trusts made of it, where it is a foreign token. */
  readonly trace: FederationTrace | undefined;
  /** What the account holds, and this workload with it. */
  readonly bindings: readonly HeldBinding[];
}

/** What is known of an attempt when it is refused. */
export interface Denial {
  readonly refusal: ExchangeRefusal;
  readonly anchor: Anchor | undefined;
  readonly evidence: Evidence | undefined;
  /** Who acts as the account, where somebody who is known does. */
  readonly actor?: Actor | undefined;
  readonly trace?: FederationTrace | undefined;
  /** What had vouched, where the refusal came after that and is its own. */
  readonly voucher?: Voucher | undefined;
}

/** What was presented, and for what. */
export interface Shown {
  /** The compact token, or, in a dry run, evidence that was read from bare claims. */
  readonly jwt: string | Evidence;
  /** In a dry run: this trust alone is asked. */
  readonly providerId?: string | undefined;
  /** E-mail or id of the account; may be left out with what the account itself signed. */
  readonly clientId: string | undefined;
  readonly audiences: readonly string[];
  /** Whether it may be an access token of ours, by whose account another one is impersonated. */
  readonly mayImpersonate: boolean;
  /** Whether it may be a person's ID token, who does so. */
  readonly mayBePerson: boolean;
}

/**
 * Who presents this JWT: decode, anchor, believe. One read batch.
 * @throws Fault `storage`
 */
export async function identify(
  context: Context,
  { jwt, providerId, clientId, audiences, mayImpersonate, mayBePerson }: Shown,
): Promise<Result<Identity, Denial>> {
  const { issuerUrl } = context.deps.config;
  const read =
    typeof jwt === "string" ? readEvidence(jwt, mayImpersonate ? issuerUrl : undefined) : accept(jwt);
  const evidence = read.ok ? read.value : undefined;
  const selector = selectorOf(evidence, clientId);
  const ground = await readGround(context, {
    selector,
    evidence,
    audiences,
    mayBePerson,
    wantsAllTrusts: providerId !== undefined,
  });
  const anchor = withOnly(ground.anchor, providerId);
  const deny = (refusal: ExchangeRefusal, known: Pick<Denial, "actor" | "trace"> = {}) =>
    refuse({ refusal: withKid(refusal, evidence), anchor, evidence, ...known });
  if (selector === undefined) return deny(NOT_NAMED);
  if (anchor === undefined) {
    return deny({ reason: "account_not_found", detail: "client_id names no service account." });
  }
  if (!read.ok) return deny(read.refusal);
  if (providerId !== undefined && read.value.authMethod !== "federation") return deny(NOT_FOREIGN);
  const alive = judgeAlive(context, anchor);
  if (!alive.ok) return deny(alive.refusal);
  const presenter = await presenterOf(context, read.value, ground);
  const shown = ground.parent === undefined ? undefined : actorOf(ground.parent);
  if (!presenter.ok) return deny(presenter.refusal, { actor: shown });
  const { actor } = presenter.value;
  const { voucher, trace }: Believed =
    actor === undefined
      ? await believe(context, presenter.value.evidence, { ...ground, anchor })
      : { voucher: judgeImpersonation(context, actor, anchor) };
  if (!voucher.ok) return deny(voucher.refusal, { actor, trace });
  const bindings = rightsOf(anchor.bindings, read.value, voucher.value);
  return accept({ anchor, evidence: read.value, voucher: voucher.value, ground, actor, trace, bindings });
}

/** The account with one of its trusts alone, where one is meant. */
function withOnly(anchor: Anchor | undefined, providerId: string | undefined): Anchor | undefined {
  if (anchor === undefined || providerId === undefined) return anchor;
  return { ...anchor, providers: anchor.providers.filter(({ id }) => id === providerId) };
}

const NOT_FOREIGN: ExchangeRefusal = {
  reason: "issuer_not_trusted",
  detail: "The token is none of a foreign issuer's, so it is nothing to this trust.",
};

const NOT_NAMED: ExchangeRefusal = {
  reason: "account_not_named",
  detail: "client_id is missing: send the service account's e-mail or id.",
};

/** Of all that use what is good once, the first is believed. */
export const REPLAYED: ExchangeRefusal = {
  reason: "assertion_replayed",
  detail: "It was used before, and is good once: make a new one for each request.",
};

/** Whatever is wrong with a self-signed assertion is answered alike, under the kid that it named. */
export function withKid(refusal: ExchangeRefusal, evidence: Evidence | undefined): ExchangeRefusal {
  return evidence?.authMethod === "key" ? { ...refusal, assertedKid: evidence.jwt.kid } : refusal;
}

/** A disabled or expired account gets nothing, and nothing is fetched for it. */
export function judgeAlive({ deps }: Context, { account, project }: Anchor): Result<true, ExchangeRefusal> {
  if (project.disabled) return refuse({ reason: "project_disabled", detail: "Enable the project to go on." });
  if (account.disabled) return refuse({ reason: "account_disabled", detail: "Enable the account to go on." });
  if (account.expiresAt !== null && account.expiresAt <= secondsOf(deps.nowMs())) {
    return refuse({ reason: "account_expired", detail: "Set a later expiresAt, or null, to go on." });
  }
  return accept(true);
}

type Anchored = Ground & { readonly anchor: Anchor };

/** The account by what is its own; a token may say besides whom alone it lets act. */
async function believe(context: Context, evidence: OwnEvidence, ground: Anchored): Promise<Believed> {
  const believed = await vouch(context, evidence, ground);
  if (!believed.voucher.ok) return believed;
  const { issuerUrl } = context.deps.config;
  const mayAct = judgeMayAct(factsOf(evidence).claims.may_act, ground.anchor.account, issuerUrl);
  return mayAct.ok ? believed : { ...believed, voucher: mayAct };
}

async function vouch(
  context: Context,
  evidence: OwnEvidence,
  { anchor, ...ground }: Anchored,
): Promise<Believed> {
  switch (evidence.authMethod) {
    case "federation": {
      const { verdict, trace } = await judge(context, evidence.jwt, anchor);
      if (!verdict.ok) return { voucher: verdict, trace };
      const { provider, trace: met } = verdict.value;
      const { generation } = anchor;
      const use = provider.singleUse ? await tokenUse(evidence.jwt, provider) : undefined;
      const { learns } = met;
      return { voucher: accept({ authMethod: "federation", provider, generation, learns, use }), trace };
    }
    case "key": {
      const judged = await judgeSelfSigned(context, evidence.jwt, anchor.account, ground.key);
      return { voucher: judged.ok ? accept({ authMethod: "key", ...judged.value }) : judged };
    }
    case "project_token": {
      const { token } = evidence;
      const judged = await judgeProjectToken(context.deps, token, anchor.account.id, ground.projectToken);
      return { voucher: judged.ok ? accept({ authMethod: "project_token", token: judged.value }) : judged };
    }
  }
}

/** Whether the evidence is believed, and what its trusts made of it. */
interface Believed {
  readonly voucher: Result<Voucher, ExchangeRefusal>;
  readonly trace?: FederationTrace | undefined;
}

/**
 * The account's own, and those of workloads whose claims are met by the foreign token that it was believed by. Keys that
 * were uploaded to a trust give nothing here, since whoever may write a trust could be any workload of that issuer by
 * them; but what is denied to such a workload is denied to whoever claims to be one.
 */
function rightsOf(
  bindings: readonly HeldBinding[],
  evidence: Evidence,
  voucher: Voucher,
): readonly HeldBinding[] {
  const isFromIssuer = voucher.authMethod === "federation" && voucher.provider.jwks === null;
  return bindings.filter(({ principalType, assertions, effect }) => {
    if (principalType !== "workloads") return true;
    if (evidence.authMethod !== "federation" || !assertions?.length) return false;
    if (effect === "allow" && !isFromIssuer) return false;
    return matchClaims(assertions, evidence.jwt.claims).every(({ holds }) => holds);
  });
}
