import {
  type Actor,
  accept,
  notFound,
  type Problem,
  type Result,
  refuse,
  type ServiceAccountActor,
} from "../protocol/index.ts";

import type { Permission } from "./permissions.ts";

/** On what a permission is asked for. Without `projectId` it is the service itself. */
export interface Resource {
  readonly projectId?: string;
  readonly serviceAccountId?: string;
}

/**
 * The one decision of `/v1`. The bootstrap token may do everything; until roles exist nobody else may do anything.
 * A refusal says what is missing where the actor may know the place, and of all other places nothing.
 */
export function authorize(actor: Actor, permission: Permission, resource: Resource): Result<true, Problem> {
  if (actor.type === "bootstrap") return accept(true);
  if (actor.type === "service_account" && !mayKnow(actor, permission, resource)) return notFound("resource");
  const where = resource.projectId === undefined ? "this service" : `project ${resource.projectId}`;
  return refuse({
    code: "permission_denied",
    detail: `The permission ${permission} on ${where} is missing.`,
  });
}

/** What makes an account last longer, or gives it another credential. */
const SELF_PERPETUATION: readonly Permission[] = [
  "service-accounts:update",
  "service-account-keys:create",
  "service-account-keys:update",
  "project-tokens:create",
  "project-tokens:update",
  "project-tokens:regenerate",
  "federated-identity-providers:create",
  "federated-identity-providers:update",
];

/** An account knows its project and itself. What would prolong itself is not there for it, whatever its roles. */
function mayKnow(
  actor: ServiceAccountActor,
  permission: Permission,
  { projectId, serviceAccountId }: Resource,
): boolean {
  if (projectId !== undefined && projectId !== actor.projectId) return false;
  if (serviceAccountId === undefined) return true;
  return serviceAccountId === actor.id && !SELF_PERPETUATION.includes(permission);
}
