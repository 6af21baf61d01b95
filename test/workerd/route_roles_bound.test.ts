import { describe, expect, it } from "vitest";
import { type Answer, startService } from "./harness.ts";
import { CALLS } from "./route_roles_calls.ts";
import {
  type Caller,
  callAs,
  type Ground,
  givenCaller,
  givenGround,
  permissionsOf,
  placeIn,
  ROLES,
  resourceOf,
  stateOfAll,
} from "./route_roles_kit.ts";
import {
  expectedOf,
  outcomeIn,
  outcomeOf,
  type Route,
  routesOf,
  type Standing,
  type Where,
  WITHOUT_PERMISSION,
  whereOf,
} from "./route_roles_rules.ts";
import { givenHome } from "./token_holders.ts";

const service = startService();
const routes = await routesOf(service);
const BOUND_ON = ["service account", "resource server"] as const satisfies readonly Where[];

/** A role that is bound on one thing, its holder, and a thing of the same project that it is not bound on. */
interface Scene {
  readonly caller: Caller;
  readonly bound: Ground;
  readonly other: Ground;
}

async function sceneOf(role: string, boundOn: Where): Promise<Scene> {
  const home = await givenHome(service);
  const bound = await givenGround(service, home, boundOn);
  const other = await givenGround(service, home, boundOn);
  return { caller: await givenCaller(service, home, role, resourceOf(bound, boundOn)), bound, other };
}

const scenes = new Map<string, Promise<Scene>>();

/** One for all that is asked of a role there: nothing that is called here ends it. */
function sceneFor(role: string, boundOn: Where): Promise<Scene> {
  const name = `${role} on ${boundOn}`;
  const scene = scenes.get(name) ?? sceneOf(role, boundOn);
  scenes.set(name, scene);
  return scene;
}

/** A call that is ready to be made, and what is to come of it. */
interface Ready {
  readonly name: string;
  readonly make: () => Promise<Answer>;
  readonly wanted: string;
}

async function readyOf(
  route: Route,
  { caller, ground }: { readonly caller: Caller; readonly ground: Ground },
  standing: Standing,
): Promise<Ready> {
  const where = whereOf(route, ground.binds);
  const call = (await CALLS[route.name]?.(service, ground)) ?? { path: route.path };
  const wanted = outcomeOf(expectedOf(route, where, standing), placeIn(ground, where));
  return { name: route.name, make: () => callAs(service, caller, route.method, call), wanted };
}

/** What is bound on hangs on it: whoever may delete it is told that, as the operator is. */
const comeOf = (answer: Answer) => (answer.body?.code === "in_use" ? "allowed" : outcomeIn(answer));

const byName = (pairs: readonly (readonly [Ready, string])[]) =>
  Object.fromEntries(pairs.map(([{ name }, outcome]) => [name, outcome]));

/** Makes all calls, those first that are to be refused, and compares what came of each. */
async function expectOutcomes(calls: readonly Ready[]): Promise<void> {
  const found: (readonly [Ready, string])[] = [];
  const makeAll = async (some: readonly Ready[]) => {
    for (const ready of some) found.push([ready, comeOf(await ready.make())]);
  };
  const before = await stateOfAll();
  await makeAll(calls.filter(({ wanted }) => wanted !== "allowed"));
  const after = await stateOfAll();
  await makeAll(calls.filter(({ wanted }) => wanted === "allowed"));
  expect(byName(found)).toEqual(byName(calls.map((ready) => [ready, ready.wanted])));
  expect(after, "whoever was refused changed nothing").toBe(before);
}

const byProjectToken = ({ projectToken: token = "", ...caller }: Caller) => ({ ...caller, token });

const rows = BOUND_ON.flatMap((boundOn) => ROLES.map((role) => [role, boundOn] as const));

/** What anybody may, who is nobody. */
const PUBLIC = Object.keys(WITHOUT_PERMISSION).filter((name) => WITHOUT_PERMISSION[name] === null);

describe.each(rows)("%s, bound on one %s,", (role, boundOn) => {
  const standing = { is: "account", holds: permissionsOf(role), isOwn: true, boundOn } as const;
  const isThere = (route: Route) => whereOf(route, boundOn) === boundOn;
  const asked = routes.filter(({ name }) => name in CALLS);

  it.each(["access token", "project token"])("may there what it permits, by its %s", async (credential) => {
    const { caller: holder, bound: ground } = await sceneFor(role, boundOn);
    const isProjectToken = credential === "project token";
    const caller = isProjectToken ? byProjectToken(holder) : holder;
    const calls: Ready[] = [];
    for (const route of asked.filter(isThere)) {
      // A project token impersonates nobody.
      if (isProjectToken && route.permission === "access-tokens:create") continue;
      calls.push(await readyOf(route, { caller, ground }, standing));
    }
    await expectOutcomes(calls);
    expect(calls.length).toBeGreaterThan(5);
  });

  it("sees no other one, and may nothing there", async () => {
    const { caller: holder, other: ground } = await sceneFor(role, boundOn);
    const caller = byProjectToken(holder);
    const calls: Ready[] = [];
    for (const route of asked.filter(isThere)) {
      calls.push(await readyOf(route, { caller, ground }, { ...standing, boundOn: "other" }));
    }
    expect(new Set(calls.map(({ wanted }) => wanted))).toEqual(new Set(["404"]));
    await expectOutcomes(calls);
  });

  it("may nothing on the project, the service and what else there is", async () => {
    const { caller: holder, bound } = await sceneFor(role, boundOn);
    const caller = byProjectToken(holder);
    const ground = { ...bound, binds: "project" } as const;
    const calls: Ready[] = [];
    for (const route of asked.filter((one) => whereOf(one) !== boundOn)) {
      calls.push(await readyOf(route, { caller, ground }, standing));
    }
    await expectOutcomes(calls);
    const allowed = calls.filter(({ wanted }) => wanted === "allowed").map(({ name }) => name);
    expect(allowed).toEqual(PUBLIC);
  });
});
