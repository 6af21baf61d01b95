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

const CREDENTIALS = {
  "access token": (caller: Caller) => caller,
  "project token": ({ projectToken: token = "", ...caller }: Caller) => ({ ...caller, token }),
} as const;

const rows = BOUND_ON.flatMap((boundOn) =>
  ROLES.flatMap((role) =>
    (["access token", "project token"] as const).map((credential) => [role, boundOn, credential] as const),
  ),
);

describe.each(rows)("%s, bound on one %s, by its %s,", (role, boundOn, credential) => {
  const standing = { is: "account", holds: permissionsOf(role), isOwn: true, boundOn } as const;
  const isThere = (route: Route) => whereOf(route, boundOn) === boundOn;
  // A project token impersonates nobody.
  const asked = routes.filter(
    ({ name, permission }) =>
      name in CALLS && !(credential === "project token" && permission === "access-tokens:create"),
  );
  const callerIn = ({ caller }: Scene) => CREDENTIALS[credential](caller);

  it("may there what it permits, and is told there what is missing", async () => {
    const scene = await sceneFor(role, boundOn);
    const calls: Ready[] = [];
    for (const route of asked.filter(isThere)) {
      calls.push(await readyOf(route, { caller: callerIn(scene), ground: scene.bound }, standing));
    }
    await expectOutcomes(calls);
    expect(calls.length).toBeGreaterThan(5);
  });

  it("sees no other one, and may nothing there, nor on the project, the service and what else there is", async () => {
    const scene = await sceneFor(role, boundOn);
    const caller = callerIn(scene);
    const elsewhere = { ...scene.bound, binds: "project" } as const;
    const calls: Ready[] = [];
    for (const route of asked.filter(isThere)) {
      calls.push(await readyOf(route, { caller, ground: scene.other }, { ...standing, boundOn: "other" }));
    }
    expect(new Set(calls.map(({ wanted }) => wanted))).toEqual(new Set(["404"]));
    await expectOutcomes(calls);
    const further: Ready[] = [];
    for (const route of asked.filter((one) => whereOf(one) !== boundOn)) {
      further.push(await readyOf(route, { caller, ground: elsewhere }, standing));
    }
    await expectOutcomes(further);
    const allowed = further.filter(({ wanted }) => wanted === "allowed").map(({ name }) => name);
    expect(allowed).toEqual(["GET /v1/service-accounts/{email}/jwks.json"]);
  });
});
