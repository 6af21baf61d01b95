import { PERMISSIONS, type Permission } from "../../src/rbac/permissions.ts";
import type { Answer, Service } from "./harness.ts";

/** What a route may be about, as its path says. */
export type Where = "service" | "identity provider" | "project" | "service account" | "resource server";

const PLACES: readonly (readonly [RegExp, Where])[] = [
  [/^\/v1\/projects\/\{project\}\/service-accounts\/\{serviceAccount\}/, "service account"],
  [/^\/v1\/projects\/\{project\}\/resource-servers\/\{id\}/, "resource server"],
  [/^\/v1\/(?:projects\/\{project\}\/)?receipts\/\{receipt\}/, "service account"],
  [/^\/v1\/projects\/\{project\}/, "project"],
  [/^\/v1\/identity-providers\/\{id\}/, "identity provider"],
  [/^\/v1\//, "service"],
];

/** Routes that ask where their binding binds: the path does not say it. */
const ASKED_WHERE_BOUND = [
  "POST /v1/projects/{project}/role-bindings",
  "GET /v1/projects/{project}/role-bindings/{id}",
  "PATCH /v1/projects/{project}/role-bindings/{id}",
  "DELETE /v1/projects/{project}/role-bindings/{id}",
];

/**
 * A refusal is 403, and names what is missing where, to whoever may know that the place is there: of the service
 * everybody, of a project its own accounts, of an account or an API who may read it there or has a binding on it alone.
 * To all others it is 404, in the words of what is not there; so is an identity provider to all but the operator.
 */
const READ_BY = {
  "service account": "service-accounts:read",
  "resource server": "resource-servers:read",
} as const satisfies Partial<Record<Where, Permission>>;

/** Routes that declare no permission, and what decides there: `null` is public, else who may not is told of the second. */
export const WITHOUT_PERMISSION: Readonly<Record<string, readonly [Permission, Permission] | null>> = {
  "GET /v1/service-accounts/{email}/jwks.json": null,
  "GET /v1/trust-templates": null,
  "GET /v1/trust-templates/{template}": null,
  // Whoever may read a project lists those that he may read; the operator lists all.
  "GET /v1/projects": ["projects:read", "projects:list"],
};

/** One route of the running service. */
export interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** As `x-permission` says it; undefined where it says nothing. */
  readonly permission: string | undefined;
}

/** The routes below /v1, from the service's own document. */
export async function routesOf(service: Service): Promise<readonly Route[]> {
  const { paths } = (await (await service.fetch("/openapi.json")).json()) as {
    paths: Record<string, Record<string, { "x-permission"?: string }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, operation]) => {
      const method = verb.toUpperCase();
      return { name: `${method} ${path}`, method, path, permission: operation["x-permission"] };
    }),
  );
}

/** What a route lacks to be judged here. */
export function lackOf({ name, permission }: Route): string | undefined {
  if (permission === undefined) {
    return name in WITHOUT_PERMISSION ? undefined : `${name}: declares no x-permission`;
  }
  if (name in WITHOUT_PERMISSION) return `${name}: is listed as without permission, and declares one`;
  return Object.hasOwn(PERMISSIONS, permission) ? undefined : `${name}: ${permission} is no permission`;
}

/** What a route asks about. @param binds on what the binding is that the call names */
export function whereOf({ name, path }: Route, binds: Where = "project"): Where {
  if (ASKED_WHERE_BOUND.includes(name)) return binds;
  return PLACES.find(([form]) => form.test(path))?.[1] ?? "service";
}

/** Who calls, as far as it decides. */
export interface Standing {
  readonly is: "bootstrap" | "nobody" | "account";
  /** What his role permits. */
  readonly holds: readonly string[];
  /** Whether the place is in his own project. */
  readonly isOwn: boolean;
  /** On what his role is bound; `other` is on an account or an API that the call is not about. */
  readonly boundOn: Where | "other";
}

export type Expected = "allowed" | "401" | "404" | { readonly missing: string };

/** What a call must come to, by the declared permission and the role alone. */
export function expectedOf({ name, permission }: Route, where: Where, who: Standing): Expected {
  const { is, holds, isOwn, boundOn } = who;
  const open = WITHOUT_PERMISSION[name];
  if (open === null || is === "bootstrap") return "allowed";
  if (is === "nobody") return "401";
  if (open !== undefined) {
    return boundOn === "project" && holds.includes(open[0]) ? "allowed" : { missing: open[1] };
  }
  const missing = permission ?? "";
  if (where === "service") return { missing };
  if (where === "identity provider" || !isOwn) return "404";
  const isCovered = boundOn === "project" || boundOn === where;
  if (isCovered && holds.includes(missing)) return "allowed";
  if (where === "project") return { missing };
  const isKnown = boundOn === where || (isCovered && holds.includes(READ_BY[where]));
  return isKnown ? { missing } : "404";
}

/** @example "403 (service-accounts:create)" */
export const labelOf = (expected: Expected) =>
  typeof expected === "string" ? expected : `403 (${expected.missing})`;

/** What is said to whom. @param place as a refusal names it */
export function outcomeOf(expected: Expected, place: string): string {
  return typeof expected === "string" ? expected : `403 ${expected.missing} on ${place}`;
}

const MISSING =
  /^The permission (\S+) on (?!this service)(.+) is missing: a role that holds it has to be bound there\.$/;
/** In no role, so none could be bound. */
const MISSING_ON_SERVICE =
  /^The permission (\S+) on (this service) is missing: it is the operator's, who calls with the bootstrap token\.$/;
const NOT_THERE = "There is no such resource, or it is not yours to see.";

/** The same of a real answer; whatever is neither comes out as it is. */
export function outcomeIn({ status, body }: Answer): string {
  if (status >= 200 && status < 300) return "allowed";
  const { code, detail } = body;
  const [, permission, place] = MISSING.exec(detail) ?? MISSING_ON_SERVICE.exec(detail) ?? [];
  if (status === 403 && code === "permission_denied" && permission !== undefined) {
    return `403 ${permission} on ${place}`;
  }
  if (status === 404 && code === "not_found" && detail === NOT_THERE) return "404";
  if (status === 401 && code === "unauthenticated") return "401";
  return `${status} ${code}: ${detail}`;
}
