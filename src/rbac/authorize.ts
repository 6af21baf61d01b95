import { type Actor, accept, type Problem, type Result, refuse } from "../protocol/index.ts";

import type { Permission } from "./permissions.ts";

/** On what a permission is asked for. Without `projectId` it is the service itself. */
export interface Resource {
  readonly projectId?: string;
  readonly serviceAccountId?: string;
}

/**
 * The one decision of `/v1`. The bootstrap token may do everything; until roles exist nobody else may do anything.
 */
export function authorize(actor: Actor, permission: Permission, resource: Resource): Result<true, Problem> {
  if (actor.type === "bootstrap") return accept(true);
  const where = resource.projectId === undefined ? "this service" : `project ${resource.projectId}`;
  return refuse({
    code: "permission_denied",
    detail: `The permission ${permission} on ${where} is missing.`,
  });
}
