import fc from "fast-check";
import type { BindingCondition, HeldBinding } from "../../../src/protocol/index.ts";
import type { Circumstances, Place } from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";

/** Few of everything, so that bindings, places and permissions meet often. */
const PROJECTS = ["p1", "p2"] as const;
const ACCOUNTS = ["s1", "s2"] as const;
const APIS = ["a1", "a2"] as const;
const PATHS = ["", "/x", "/x/y", "/x/y/z", "/xy", "/z"] as const;
export const API_PERMISSIONS = ["orders:read", "orders:write"] as const;
export const OURS = ["projects:read", "access-tokens:create"] as const;
export const ASKED = [...API_PERMISSIONS, ...OURS] as const;

/** A Wednesday, 12:00:00Z. */
export const NOON = Date.UTC(2026, 10, 25, 12) / 1000;

const ADDRESSES = { "10.1.2.3": "10.0.0.0/8", "2001:db8::1": "2001:db8::/32" } as const;

export const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  now: fc.constantFrom(-7200, -60, -1, 0, 1, 60, 7200).map((offset) => NOON + offset),
  ip: fc.constantFrom(null, "192.0.2.1", ...Object.keys(ADDRESSES)),
});

/** At the same clock as everything else here, and its own oracle below reads no time zone but UTC. */
const schedule = fc.record({
  weekdays: fc.constantFrom(["wednesday"], ["tuesday"], ["monday", "wednesday"]).map((days) => [...days]),
  from: fc.constantFrom("11:59", "12:00", "12:01", "22:00"),
  until: fc.constantFrom("12:01", "13:00", "24:00", "06:00"),
  timeZone: fc.constant("UTC"),
});

const instant = fc.constantFrom(-3600, -1, 0, 1, 3600).map((offset) => NOON + offset);

/** As JSON has it: what is not there is no member. The last is a later version's. */
export const condition = fc
  .record(
    {
      notBefore: instant,
      notAfter: instant,
      schedule,
      ipRanges: fc.subarray(Object.values(ADDRESSES), { minLength: 1 }),
      moonPhase: fc.constant("full"),
    },
    { requiredKeys: [] },
  )
  .map((members): BindingCondition => members as BindingCondition);

const resource = fc.oneof(
  fc.constant({ type: "project", id: "", path: "" } as const),
  fc.record({
    type: fc.constant("service_account" as const),
    id: fc.constantFrom(...ACCOUNTS),
    path: fc.constant(""),
  }),
  fc.record({
    type: fc.constant("resource_server" as const),
    id: fc.constantFrom(...APIS),
    path: fc.constantFrom(...PATHS),
  }),
);

/** Bindings of one role share its permissions, as they do where it is built in. */
const ROLES = new Map<string, readonly string[]>();

function roleOf(permissions: readonly string[]): readonly string[] {
  const known = ROLES.get(permissions.join(" ")) ?? permissions;
  ROLES.set(permissions.join(" "), known);
  return known;
}

/** @param free how often, of ten, there is no condition */
export function bindingOf(free = 5): fc.Arbitrary<HeldBinding> {
  return fc
    .record({
      projectId: fc.oneof({ weight: 4, arbitrary: fc.constant("p1") }, fc.constantFrom(...PROJECTS)),
      resource,
      effect: fc.oneof({ weight: 3, arbitrary: fc.constant("allow" as const) }, fc.constant("deny" as const)),
      permissions: fc.subarray([...ASKED, "*"], { minLength: 1 }).map(roleOf),
      condition: fc.oneof(
        { weight: free, arbitrary: fc.constant(null) },
        { weight: 10 - free, arbitrary: condition },
      ),
      id: fc.uuid(),
    })
    .map(({ resource: on, ...binding }) =>
      heldBinding({
        ...binding,
        resource: on.type === "project" ? { ...on, id: binding.projectId } : on,
      }),
    );
}

export const binding = bindingOf();
export const bindings = fc.array(binding, { maxLength: 6 });
export const permission = fc.constantFrom(...ASKED);

/** Every place of both projects. */
export const PLACES: readonly Place[] = PROJECTS.flatMap((projectId) => [
  { projectId },
  ...ACCOUNTS.map((serviceAccountId) => ({ projectId, serviceAccountId })),
  ...APIS.flatMap((resourceServerId) => PATHS.map((path) => ({ projectId, resourceServerId, path }))),
]);
export const place = fc.constantFrom(...PLACES);

/** A place as steps down from its project: what lies within another begins with the other's steps. */
export function stepsOf({
  projectId,
  serviceAccountId,
  resourceServerId,
  path = "",
}: Place): readonly string[] {
  const account = serviceAccountId === undefined ? [] : [`account ${serviceAccountId}`];
  const api = resourceServerId === undefined ? [] : [`api ${resourceServerId}`, ...path.split("/").slice(1)];
  return [projectId ?? "the service", ...account, ...api];
}

function stepsOfBinding({ projectId, resource: { type, id, path } }: HeldBinding): readonly string[] {
  if (type === "project") return [id === projectId ? projectId : "nowhere"];
  return stepsOf(
    type === "service_account"
      ? { projectId, serviceAccountId: id }
      : { projectId, resourceServerId: id, path },
  );
}

/** Whether a place is another one or lies within it. */
export function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.every((step, index) => inner[index] === step);
}

export type Known = "yes" | "no" | "unknown";

/** The plain reading of a condition, that shares no line with ours. */
export function holdsPlainly(judged: BindingCondition | null, { now, ip }: Circumstances): Known {
  if (judged === null) return "yes";
  const told: BindingCondition & { readonly moonPhase?: string } = judged;
  if (told.notBefore !== undefined && told.notBefore > now) return "no";
  if (told.notAfter !== undefined && told.notAfter <= now) return "no";
  if (told.schedule !== undefined && !isOpen(told.schedule, now)) return "no";
  const range = ADDRESSES[ip as keyof typeof ADDRESSES];
  if (told.ipRanges !== undefined && ip !== null && !told.ipRanges.includes(range)) return "no";
  const isSure = told.moonPhase === undefined && (told.ipRanges === undefined || ip !== null);
  return isSure ? "yes" : "unknown";
}

/** By text: `HH:MM` sorts as the clock runs. */
function isOpen({ weekdays, from, until }: NonNullable<BindingCondition["schedule"]>, now: number): boolean {
  const nameOf = (seconds: number) =>
    new Date(seconds * 1000).toLocaleDateString("en-GB", { weekday: "long", timeZone: "UTC" }).toLowerCase();
  const clock = new Date(now * 1000).toISOString().slice(11, 16);
  const isOn = (seconds: number) => weekdays.some((day) => day === nameOf(seconds));
  if (from < until) return isOn(now) && from <= clock && clock < until;
  return (isOn(now) && from <= clock) || (isOn(now - 86_400) && clock < until);
}

/** `*` holds what is an API's, and in this universe those are orders. */
export function permits({ permissions }: HeldBinding, asked: string): boolean {
  return permissions.includes(asked) || (asked.startsWith("orders:") && permissions.includes("*"));
}

/** Whether an allow lets through, on its own, for sure. */
export function lets(held: HeldBinding, asked: string, at: Place, when: Circumstances): boolean {
  const isSure = held.effect === "allow" && holdsPlainly(held.condition, when) === "yes";
  return isSure && permits(held, asked) && isWithin(stepsOf(at), stepsOfBinding(held));
}

/** Whether a deny stands against it: on the place, or on a part of the API or path that is asked for. */
export function bars(held: HeldBinding, asked: string, at: Place, when: Circumstances): boolean {
  const mayBe = held.effect === "deny" && holdsPlainly(held.condition, when) !== "no";
  const [here, there] = [stepsOf(at), stepsOfBinding(held)];
  const isPart = at.resourceServerId !== undefined && isWithin(there, here);
  return mayBe && permits(held, asked) && (isWithin(here, there) || isPart);
}

export function isAllowedPlainly(
  all: readonly HeldBinding[],
  asked: string,
  at: Place,
  when: Circumstances,
): boolean {
  return all.some((held) => lets(held, asked, at, when)) && !all.some((held) => bars(held, asked, at, when));
}
