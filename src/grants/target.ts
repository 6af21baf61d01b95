import { accept, type ExchangeRefusal, type Result, refuse } from "../protocol/index.ts";
import type { Presentation } from "./parameters.ts";

/**
 * What the token is for: our issuer URL unless asked otherwise, or one of the account's allowed audiences. Pure.
 * Until roles exist nothing is granted, so any scope that is asked for is refused rather than dropped.
 */
export function grantTarget(
  issuerUrl: string,
  account: { readonly allowedAudiences: readonly string[] },
  { targets, scope }: Pick<Presentation, "targets" | "scope">,
): Result<string, ExchangeRefusal> {
  if (targets.length > 1) {
    return refuse({
      reason: "target_not_allowed",
      detail: "A token is for one audience; ask for one at a time.",
    });
  }
  const target = targets[0] ?? issuerUrl;
  if (target !== issuerUrl && !account.allowedAudiences.includes(target)) {
    const detail = `The account's allowedAudiences do not hold ${JSON.stringify(target).slice(0, 200)}.`;
    return refuse({ reason: "target_not_allowed", detail });
  }
  if (scope.length > 0) {
    const detail = `No role grants ${JSON.stringify(scope.join(" ")).slice(0, 200)}.`;
    return refuse({ reason: "scope_not_granted", detail });
  }
  return accept(target);
}
