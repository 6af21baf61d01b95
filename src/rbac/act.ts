import type { ActingParty, HeldBinding } from "../protocol/index.ts";
import { type Circumstances, holds } from "./condition.ts";
import { gives } from "./decide.ts";
import type { Permission } from "./permissions.ts";
import { covers } from "./place.ts";

/** What lets one act as an account. */
export const IMPERSONATE: Permission = "access-tokens:create";

/**
 * Whether every step of an impersonation still stands: the binding that let each one act is there, and nothing denies
 * it. What an earlier step lost is lost to all that came of it. From where the token was got was judged when it was got
 * and nobody knows it any more, so what only that could decide counts neither way. Pure.
 * @param chain nearest first @param bindings of the chain's steps, and all that deny something to its parties
 */
export function chainStands(
  chain: readonly ActingParty[],
  account: { readonly id: string; readonly projectId: string },
  bindings: readonly HeldBinding[],
  circumstances: Circumstances,
): boolean {
  return chain.every((party, index) => {
    if (party.type === "bootstrap") return true;
    const place = { projectId: account.projectId, serviceAccountId: chain[index - 1]?.id ?? account.id };
    const relevant = bindings.filter((binding) => gives(binding, IMPERSONATE) && covers(binding, place));
    const isDenied = relevant.some(
      ({ effect, principalType, principalId, condition }) =>
        effect === "deny" &&
        principalType === party.type &&
        principalId === party.id &&
        holds(condition, circumstances) === "yes",
    );
    const isAllowed = relevant.some(
      ({ id, effect, condition }) =>
        effect === "allow" && id === party.bindingId && holds(condition, circumstances) !== "no",
    );
    return isAllowed && !isDenied;
  });
}
