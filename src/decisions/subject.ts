import { accept, type HeldBinding, hasPassed, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { isAtOrBelow, mayUse, prolongsItself } from "../rbac/index.ts";
import type { LiveToken } from "../tokens/index.ts";
import { bindingsOfVouched } from "../trust/index.ts";
import type { EvaluationReason, EvaluationSubject } from "./evaluation.ts";
import type { AccountFact, EvaluationFacts } from "./facts.ts";
import type { AskedResource } from "./resource.ts";

/** What a subject holds. */
interface Holder {
  readonly bindings: readonly HeldBinding[];
  /** What stands against it although a binding gives it. Of what none gives, it is not told. */
  readonly bar: EvaluationReason | undefined;
}

type Found = Result<Holder, "subject_unknown">;

/** What the subject holds for this action on this target. Pure. */
export function subjectOf(
  facts: EvaluationFacts,
  subject: EvaluationSubject,
  target: AskedResource,
  action: string,
): Found {
  switch (subject.type) {
    case "access_token":
      return tokenOf(facts, facts.tokens.get(subject.text), target, action);
    case "service_account": {
      const account = facts.accounts.find(({ id, email }) => id === subject.ref || email === subject.ref);
      // An account that is not there holds nothing, and is told no other than one that does not.
      if (account === undefined) return accept({ bindings: [], bar: undefined });
      return accept({ bindings: account.bindings, bar: barOf(facts, account, target, action) });
    }
    case "person": {
      const bindings = bindingsOfVouched(facts.providers, subject);
      return bindings === undefined ? refuse("subject_unknown") : accept({ bindings, bar: undefined });
    }
    case "other":
      return refuse("subject_unknown");
  }
}

/** A token that is not made for the target is told no other than a dead one. @see RFC 7662 s4 */
function tokenOf(
  { context }: EvaluationFacts,
  token: LiveToken | undefined,
  target: AskedResource,
  action: string,
): Found {
  if (token === undefined || !isFor(token, target, context.deps.config.issuerUrl)) {
    return refuse("subject_unknown");
  }
  const { bindings, account } = token;
  if (!carries(token, target, action)) return accept({ bindings, bar: "scope" });
  return accept({ bindings, bar: selfBar(account.id, target, action, token.act) });
}

function isFor(token: LiveToken, { server }: AskedResource, issuerUrl: string): boolean {
  if (server === undefined) return token.audience === issuerUrl;
  if (token.account.projectId !== server.projectId) return false;
  if (token.resourceServerId === null) return token.audience === server.audience;
  return token.resourceServerId === server.id && isAtOrBelow(token.audience, server.audience);
}

function carries({ scope, audience }: LiveToken, { server, place }: AskedResource, action: string) {
  if (server === undefined) return mayUse({ scope }, action);
  const base = audience.slice(server.audience.length);
  return scope?.includes(action) === true && isAtOrBelow(place.path ?? "", base);
}

function barOf(
  { context }: EvaluationFacts,
  { id, disabled, projectDisabled, expiresAt }: AccountFact,
  target: AskedResource,
  action: string,
): EvaluationReason | undefined {
  const now = secondsOf(context.deps.nowMs());
  if (disabled || projectDisabled !== 0 || hasPassed(expiresAt, now)) return "subject_disabled";
  return selfBar(id, target, action);
}

function selfBar(
  id: string,
  { place }: AskedResource,
  action: string,
  act: LiveToken["act"] = [],
): EvaluationReason | undefined {
  return prolongsItself({ type: "service_account", id, act }, action, place) ? "self" : undefined;
}
