import type { HeldBinding } from "../protocol/index.ts";
import { counts, type Weighed, type WeighedBinding } from "./decide.ts";
import { isPermission } from "./permissions.ts";
import { covers, type Place, placeOf, reaches } from "./place.ts";
import { ALL_OF_APIS } from "./roles.ts";

/**
 * Bindings of one effect on one place, as one. Hundreds of bindings are of few places: who asks for many permissions on
 * many places would else look at each binding for each of both.
 */
export interface Stand extends Pick<HeldBinding, "effect" | "projectId" | "resource"> {
  /** What the roles of those that count hold; found out when it is first read. */
  readonly permissions: ReadonlySet<string>;
}

/** @param matters whether anybody asks for what a role names: no condition is looked at that could add nothing */
export function standsOf(
  weighed: Weighed,
  matters: (permission: string) => boolean = () => true,
): readonly Stand[] {
  const groups = new Map<string, WeighedBinding[]>();
  const stands: Stand[] = [];
  for (const one of weighed) {
    const { effect, projectId, resource } = one.binding;
    const key = JSON.stringify([effect, projectId, resource.type, resource.id, resource.path]);
    const group = groups.get(key) ?? [];
    if (group.push(one) > 1) continue;
    groups.set(key, group);
    stands.push(standOf(one.binding, group, matters));
  }
  return stands;
}

function standOf(
  { effect, projectId, resource }: HeldBinding,
  group: Weighed,
  matters: (permission: string) => boolean,
): Stand {
  let found: ReadonlySet<string> | undefined;
  return {
    effect,
    projectId,
    resource,
    get permissions() {
      found ??= permissionsOf(group, matters);
      return found;
    },
  };
}

function permissionsOf(group: Weighed, matters: (permission: string) => boolean): ReadonlySet<string> {
  const all = new Set<string>();
  for (const one of group) {
    const more = one.binding.permissions.filter((name) => !all.has(name) && matters(name));
    if (more.length === 0 || !counts(one)) continue;
    for (const permission of more) all.add(permission);
  }
  return all;
}

/** Which of several permissions are given on a place: as `decide` would say of each. */
export function givenAt(
  stands: readonly Stand[],
  permissions: readonly string[],
  place: Place,
): ReadonlySet<string> {
  const here = stands.filter((stand) => reaches(stand, place));
  const allows = here.filter(({ effect }) => effect === "allow");
  const denies = here.filter(({ effect }) => effect === "deny");
  const isAmong = (some: readonly Stand[], permission: string) =>
    some.some((stand) => permits(stand, permission));
  return new Set(permissions.filter((one) => isAmong(allows, one) && !isAmong(denies, one)));
}

/** As `gives`, of a stand. */
export function permits({ permissions }: Stand, permission: string): boolean {
  return permissions.has(permission) || (permissions.has(ALL_OF_APIS) && !isPermission(permission));
}

/** As `givenAt`, of all that is weighed. Pure. */
export function givenOf(weighed: Weighed, permissions: readonly string[], place: Place): ReadonlySet<string> {
  const asked = new Set(permissions);
  const stands = standsOf(weighed, (permission) => permission === ALL_OF_APIS || asked.has(permission));
  return givenAt(stands, permissions, place);
}

/**
 * Which permissions are given on at least one place of a project, by a binding of just that place: those a token may
 * carry there. Pure.
 */
export function grantedSomewhere(weighed: Weighed): ReadonlySet<string> {
  const granted = new Set<string>();
  const isOpen = (permission: string) => !granted.has(permission);
  const denies = standsOf(
    weighed.filter(({ binding }) => binding.effect === "deny"),
    (permission) => permission === ALL_OF_APIS || isOpen(permission),
  );
  // Bindings of one built-in role share its permissions: once all are granted, none of them adds anything.
  const done = new Set<readonly string[]>();
  for (const one of weighed) {
    const { effect, permissions, projectId, resource } = one.binding;
    if (effect === "deny" || done.has(permissions)) continue;
    const open = permissions.filter(isOpen);
    if (open.length === 0) done.add(permissions);
    const place = placeOf(projectId, resource);
    if (open.length === 0 || !covers(one.binding, place) || !counts(one)) continue;
    const here = denies.filter((deny) => reaches(deny, place));
    for (const permission of open) {
      if (!here.some((deny) => permits(deny, permission))) granted.add(permission);
    }
  }
  return granted;
}
