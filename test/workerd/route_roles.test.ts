import { describe, expect, it } from "vitest";
import type { Permission } from "../../src/rbac/permissions.ts";
import { type Answer, startService } from "./harness.ts";
import { comparable } from "./project_token_kit.ts";
import { CALLS, type Call } from "./route_roles_calls.ts";
import {
  bindRole,
  type Caller,
  callAs,
  callAsNobody,
  type Ground,
  givenCaller,
  givenGround,
  permissionsOf,
  placeIn,
  ROLES,
  stateOfAll,
} from "./route_roles_kit.ts";
import {
  type Expected,
  expectedOf,
  labelOf,
  lackOf,
  outcomeIn,
  outcomeOf,
  type Route,
  routesOf,
  type Standing,
  whereOf,
} from "./route_roles_rules.ts";
import { givenHome } from "./token_holders.ts";

const service = startService();
const routes = await routesOf(service);

/** Whoever calls, and what his calls are about; `twin` has the same rights, and asks for what is not there. */
interface Scene {
  readonly ground: Ground;
  readonly caller: Caller;
  readonly twin: Caller;
}

async function sceneOf(role?: string, isOwn = true): Promise<Scene> {
  const home = await givenHome(service);
  const ground = await givenGround(service, home);
  const his = isOwn ? home : await givenHome(service);
  const [caller, twin] = [await givenCaller(service, his, role), await givenCaller(service, his, role)];
  return { ground, caller, twin };
}

/** One who calls every route. */
interface Row {
  readonly who: string;
  readonly standing: Standing;
  readonly newScene: () => Promise<Scene>;
}

const account = { is: "account", isOwn: true, boundOn: "project" } as const;
const operator = async () => ({ ...(await sceneOf()), caller: {}, twin: {} });
const ROWS: readonly Row[] = [
  { who: "nobody", standing: { ...account, is: "nobody", holds: [] }, newScene: operator },
  { who: "no role", standing: { ...account, holds: [] }, newScene: () => sceneOf() },
  {
    who: "outsider",
    standing: { ...account, holds: permissionsOf("owner"), isOwn: false },
    newScene: () => sceneOf("owner", false),
  },
  ...ROLES.map((role) => ({
    who: role,
    standing: { ...account, holds: permissionsOf(role) },
    newScene: () => sceneOf(role),
  })),
  // Last: what goes through for nobody else is still to be done when they try.
  { who: "bootstrap", standing: { ...account, is: "bootstrap", holds: [] }, newScene: operator },
];

const scenes = new Map<string, Scene>();
for (const { who, newScene } of ROWS) scenes.set(who, await newScene());

/** What goes through ends what other calls are about: it gets things of its own. */
async function sceneFor({ method, path }: Route, { who, newScene }: Row, expected: Expected): Promise<Scene> {
  const scene = scenes.get(who) ?? (await newScene());
  if (method !== "DELETE" || expected !== "allowed") return scene;
  if (path === "/v1/projects/{project}") return newScene();
  return { ...scene, ground: await givenGround(service, scene.ground.home) };
}

const callBy = ({ standing }: Row, caller: Caller, method: string, call: Call): Promise<Answer> =>
  standing.is === "nobody" ? callAsNobody(service, method, call) : callAs(service, caller, method, call);

/** The events of one request, for the operator. */
async function eventsOf({ body }: Answer): Promise<readonly unknown[]> {
  return (await service.call("GET", `/v1/audit-events?requestId=${body.requestId}`)).body.items;
}

/** Of a refused write: who, and why, in his own project's record, and nothing of what he may not see. */
function refusedEvent({ id, home }: Caller, { body }: Answer) {
  const event = {
    outcome: "refused",
    reason: body.code,
    detail: body.detail,
    actor: { type: "service_account", id },
    projectId: home?.id,
  };
  return body.code === "not_found"
    ? { ...event, serviceAccountId: id, target: { id: null } }
    : (event as object);
}

/** The call, with one thing that its path names replaced by what is not there. */
function nowhere({ path }: Route, call: Call): readonly Call[] {
  const [real = "", query] = call.path.split("?");
  const named = path.split("/").flatMap((segment, index) => (segment.startsWith("{") ? [index] : []));
  return named.map((at) => {
    const segments = real.split("/").with(at, crypto.randomUUID());
    return { ...call, path: [segments.join("/"), ...(query === undefined ? [] : [query])].join("?") };
  });
}

describe("every route of /v1", () => {
  it("declares a permission that there is", () => {
    expect(routes.map(lackOf).filter((lack) => lack !== undefined)).toEqual([]);
  });

  it("has a call here, and no call is of no route", () => {
    expect(Object.keys(CALLS).toSorted()).toEqual(routes.map(({ name }) => name).toSorted());
  });
});

const rows = ROWS.flatMap((row) =>
  routes
    .filter((route) => route.name in CALLS && lackOf(route) === undefined)
    .map((route) => {
      const expected = expectedOf(route, whereOf(route), row.standing);
      const { who } = row;
      const is = expected === "allowed" ? expected : labelOf(expected);
      return { title: `${who}: ${route.name} is ${is}`, row, route, expected };
    }),
);

/** Another tenant: none of the others is told of it. */
const stranger = await givenHome(service);

it.each(rows.map((one) => [one.title, one] as const))("%s", async (_title, { row, route, expected }) => {
  const { ground, caller, twin } = await sceneFor(route, row, expected);
  const call = (await CALLS[route.name]?.(service, ground)) ?? { path: route.path };
  const before = await stateOfAll();
  const answer = await callBy(row, caller, route.method, call);
  expect(outcomeIn(answer)).toBe(outcomeOf(expected, placeIn(ground, whereOf(route))));
  if (row.who !== "bootstrap") expect(JSON.stringify(answer.body ?? "")).not.toContain(stranger.id);
  if (expected === "allowed") return;
  expect(await stateOfAll(), "whoever was refused changed nothing").toBe(before);
  const isRecorded = route.method !== "GET" && row.standing.is === "account";
  expect(await eventsOf(answer)).toMatchObject(isRecorded ? [refusedEvent(caller, answer)] : []);
  if (expected !== "404") return;
  for (const elsewhere of nowhere(route, call)) {
    expect(comparable(await callBy(row, twin, route.method, elsewhere))).toBe(comparable(answer));
  }
});

/** Who makes one of these for an account, or lets it last longer, can be that account: he must hold all that it holds. */
const CREDENTIAL_MAKING: readonly (string | undefined)[] = [
  "federated-identity-providers:create",
  "federated-identity-providers:update",
  "service-account-keys:create",
  "service-account-keys:update",
  "project-tokens:create",
  "project-tokens:regenerate",
] satisfies readonly Permission[];

const equipping = routes
  .filter(({ permission }) => CREDENTIAL_MAKING.includes(permission))
  .flatMap((route) =>
    ROWS.filter(
      ({ who, standing }) => ROLES.includes(who) && standing.holds.includes(`${route.permission}`),
    ).map((row) => [row.who, route.name, row.who === "owner" ? "allowed" : "403", route, row] as const),
  );

describe("for an account that is an owner", () => {
  it("each of them is tried", () => {
    expect(new Set(equipping.map(([, , , { permission }]) => permission))).toEqual(
      new Set(CREDENTIAL_MAKING),
    );
  });

  it.each(equipping)("%s: %s is %s", async (_who, name, expected, route, row) => {
    const scene = await sceneFor(route, row, "404");
    const { home } = scene.ground;
    const ground = await givenGround(service, home);
    await bindRole(service, home, ground.account, "owner");
    const call = (await CALLS[name]?.(service, ground)) ?? { path: route.path };
    const before = await stateOfAll();
    const answer = await callBy(row, scene.caller, route.method, call);
    if (expected === "allowed") return expect(outcomeIn(answer)).toBe("allowed");
    expect(outcomeIn(answer)).toMatch(
      /^403 permission_denied: Nobody makes a credential for more than he holds: this account holds /,
    );
    expect(await stateOfAll()).toBe(before);
    expect(await eventsOf(answer)).toMatchObject([refusedEvent(scene.caller, answer)]);
  });
});
