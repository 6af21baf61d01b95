/** What is wrong with whose tokens are believed at all. */

import { tenantAdvice } from "./advice.ts";
import type { LintFinding } from "./finding.ts";
import { isWithin, type Reading } from "./reading.ts";
import { isTenantPin } from "./tenant.ts";

/** The issuer that a cluster has unless somebody gave it another. */
const IN_CLUSTER = /^https:\/\/kubernetes\.default(?:\.svc(?:\.cluster\.local)?)?(?::443)?\/?$/;

/** An issuer that signs for everybody, and nothing that says for whom. */
export function sharedIssuer({ kind, naming }: Reading): readonly LintFinding[] {
  if (!kind?.isShared || naming.some((asserted) => isTenantPin(kind, asserted))) return [];
  const better = tenantAdvice(kind);
  return [
    {
      code: "shared_issuer",
      severity: "refuse",
      pointer: "/assertions",
      detail: `${kind.title} signs for all of its customers, and these assertions let in workloads of more than one: say whose it is, by ${listed(kind.tenantItems)}.`,
      ...(better === undefined ? {} : { better }),
    },
  ];
}

/** An issuer that is anybody's own, told apart by keys alone. */
export function sharedInClusterIssuer({ issuer, hasUploadedKeys }: Reading): readonly LintFinding[] {
  if (hasUploadedKeys || !IN_CLUSTER.test(issuer)) return [];
  return [
    {
      code: "shared_in_cluster_issuer",
      severity: "refuse",
      pointer: "/issuer",
      detail:
        "Every cluster that was set up with defaults has this issuer: only its keys say which one it is. Upload them as jwks, from `kubectl get --raw /openid/v1/jwks`.",
    },
  ];
}

/** Nothing but claims that whoever runs the job chooses, or that all tokens of the issuer have. */
export function chosenClaimsOnly({ kind, enforced, naming }: Reading): readonly LintFinding[] {
  if (kind === undefined || enforced.length === 0) return [];
  if (!naming.every((asserted) => isWithin(asserted, kind.chosenItems))) return [];
  if (kind.isShared && naming.length === 0) return [];
  const better = tenantAdvice(kind);
  const chosen = naming.map(({ assertion }) => assertion.item);
  const reason =
    chosen.length === 0
      ? "No assertion says by equals, in or glob who may come in"
      : `Whoever runs a job chooses ${listed(chosen)}`;
  return [
    {
      code: "chosen_claims_only",
      severity: "refuse",
      pointer: "/assertions",
      detail: `${reason}, so every workload of the issuer can: ask for a claim that the issuer vouches for, such as ${kind.tenantItems[0] ?? "sub"}.`,
      ...(better === undefined ? {} : { better }),
    },
  ];
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 6);
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} or ${last}`;
}
