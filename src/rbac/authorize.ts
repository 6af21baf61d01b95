import type { Context } from "../deps.ts";
import {
  type ActingParty,
  accept,
  isPrincipal,
  notFound,
  type Principal,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import type { Circumstances } from "./condition.ts";
import { decide, gives, type Verdict, weigh } from "./decide.ts";
import { isPermission, type Permission } from "./permissions.ts";
import { covers, type Place } from "./place.ts";

/**
 * The one decision of `/v1`, by the bindings that the call's own read found. The bootstrap token may do everything.
 * A refusal says what is missing where the actor may know the place, and of all other places nothing.
 */
export function authorize(context: Context, permission: Permission, place: Place): Result<true, Problem> {
  const { actor } = context;
  if (actor.type === "bootstrap") return accept(true);
  if (!isPrincipal(actor)) return missing(permission, place);
  if (prolongsItself(actor, permission, place)) return notFound("resource");
  const verdict = decide(weigh(actor.bindings, circumstancesOf(context)), permission, place);
  if (verdict.allowed && mayUse(actor, permission)) return accept(true);
  // Whoever is permitted, but for his token's scope, knows the place.
  if (!verdict.allowed && !knows(actor, place)) return notFound("resource");
  return missing(permission, place, verdict);
}

/** When and from where a call comes. */
export function circumstancesOf({ deps, request }: Pick<Context, "deps" | "request">): Circumstances {
  return { now: secondsOf(deps.nowMs()), ip: request.ip };
}

/** A token that was cut down carries of ours only what its scope says; of an API's it says nothing here. */
export function mayUse({ scope }: Pick<Principal, "scope">, permission: string): boolean {
  return scope === null || !isPermission(permission) || scope.includes(permission);
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
  "access-tokens:create",
];

/** Whether an account would prolong itself by it: that is not there for it, whatever its roles. */
export function prolongsItself(
  actor: {
    readonly type: Principal["type"];
    readonly id?: string;
    readonly act?: readonly Pick<ActingParty, "type" | "id">[];
  },
  permission: string,
  place: Place,
): boolean {
  // Behind another account one is still oneself.
  const parties = [actor, ...(actor.act ?? [])];
  return parties.some((one) => isSelf(one, place)) && SELF_PERPETUATION.some((one) => one === permission);
}

function isSelf(
  { type, id }: { readonly type: string; readonly id?: string },
  { serviceAccountId }: Place,
): boolean {
  return type === "service_account" && serviceAccountId === id;
}

/**
 * Whether the actor may know that a place is there: his own, what he may read, what a binding of his is about, and any
 * project that he has a binding in. What may be done there now is another question, so conditions do not count.
 */
function knows(actor: Principal, place: Place): boolean {
  const { projectId, serviceAccountId, resourceServerId } = place;
  if (projectId === undefined || isSelf(actor, place)) return true;
  const own = actor.type === "service_account" && actor.projectId === projectId;
  const allows = actor.bindings.filter(
    (binding) => binding.effect === "allow" && binding.projectId === projectId,
  );
  if (serviceAccountId === undefined && resourceServerId === undefined) return own || allows.length > 0;
  const read = resourceServerId === undefined ? "service-accounts:read" : "resource-servers:read";
  return allows.some(
    (binding) =>
      covers(binding, place) &&
      (binding.resource.type !== "project" || (gives(binding, read) && mayUse(actor, read))),
  );
}

function missing(permission: Permission, place: Place, verdict?: Verdict) {
  const isScoped = verdict?.allowed === true;
  const detail = isScoped
    ? `The token's scope leaves out ${permission}: get a token without scope, or with this one in it.`
    : `The permission ${permission} on ${nameOf(place)} is missing: ${remedyOf(place)}.`;
  return refuse<Problem>({ code: "permission_denied", detail });
}

/** What lies in no project is in no role. */
function remedyOf({ projectId }: Place): string {
  return projectId === undefined
    ? "it is the operator's, who calls with the bootstrap token"
    : "a role that holds it has to be bound there";
}

function nameOf({ projectId, serviceAccountId, resourceServerId }: Place): string {
  if (serviceAccountId !== undefined) return `service account ${serviceAccountId}`;
  if (resourceServerId !== undefined) return `resource server ${resourceServerId}`;
  return projectId === undefined ? "this service" : `project ${projectId}`;
}
