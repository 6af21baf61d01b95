import type { BindingResource, HeldBinding } from "../protocol/index.ts";
import { isAtOrBelow } from "./path.ts";

/** On what a permission is asked for. Without `projectId` it is the service itself. */
export interface Place {
  readonly projectId?: string | undefined;
  readonly serviceAccountId?: string | undefined;
  readonly resourceServerId?: string | undefined;
  /** Below the resource server; all of it without one. */
  readonly path?: string | undefined;
}

type Bound = Pick<HeldBinding, "projectId" | "resource">;

/** Whether a place is one where a binding has a say, by its effect. */
export function reaches(binding: Bound & Pick<HeldBinding, "effect">, place: Place): boolean {
  return binding.effect === "deny" ? touches(binding, place) : covers(binding, place);
}

/** Of a project: all that it holds; of an account and of an API: themselves, and what hangs on them or lies below. */
export function covers({ projectId, resource: { type, id, path } }: Bound, place: Place): boolean {
  if (place.projectId !== projectId) return false;
  switch (type) {
    case "project":
      return projectId === id;
    case "service_account":
      return place.serviceAccountId === id;
    case "resource_server":
      return place.resourceServerId === id && isAtOrBelow(place.path ?? "", path);
  }
}

/** As `covers`, or lies within the place: who asks for all of an API must not get what is denied below it. */
export function touches(bound: Bound, place: Place): boolean {
  const { type, id, path } = bound.resource;
  if (place.projectId !== bound.projectId) return false;
  if (covers(bound, place)) return true;
  return type === "resource_server" && place.resourceServerId === id && isAtOrBelow(path, place.path ?? "");
}

/** Where a binding gives its role. */
export function placeOf(projectId: string, { type, id, path }: BindingResource): Place {
  switch (type) {
    case "project":
      return { projectId };
    case "service_account":
      return { projectId, serviceAccountId: id };
    case "resource_server":
      return { projectId, resourceServerId: id, path };
  }
}
