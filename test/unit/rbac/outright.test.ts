import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Context } from "../../../src/deps.ts";
import type { BindingResource, HeldBinding } from "../../../src/protocol/index.ts";
import {
  BUILT_IN_ROLES,
  decide,
  handoutsOf,
  notHeldOutright,
  placeOf,
  weigh,
} from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";
import {
  API_PERMISSIONS,
  ASKED,
  bindingOf,
  circumstances,
  isWithin,
  NOON,
  PLACES,
  place,
  stepsOf,
} from "./universe.ts";

type Actor = "service_account" | "person" | "workload" | "system" | "bootstrap";

/** The two members of a context that are read here. */
function contextOf(
  bindings: readonly HeldBinding[],
  type: Actor = "person",
  scope: readonly string[] | null = null,
) {
  return { actor: { type, bindings, scope }, deps: { nowMs: () => NOON * 1000 } } as unknown as Context;
}

const API: BindingResource = { type: "resource_server", id: "a1", path: "" };
const PROJECT: BindingResource = { type: "project", id: "p1", path: "" };
const ACCOUNT: BindingResource = { type: "service_account", id: "s1", path: "" };

const held = (members: Partial<HeldBinding> = {}) =>
  heldBinding({ permissions: ["orders:read", "projects:read"], ...members });

const deny = (members: Partial<HeldBinding> = {}) =>
  held({ id: "d1", effect: "deny", permissions: ["orders:read"], ...members });
const OWNER = held({ permissions: BUILT_IN_ROLES.owner?.permissions ?? [] });

type Case = readonly [
  name: string,
  bindings: readonly HeldBinding[],
  on: BindingResource,
  wanted: readonly string[],
  missing: readonly string[],
];

const CASES: readonly Case[] = [
  ["what is held there may be handed on", [held()], PROJECT, ["orders:read", "projects:read"], []],
  ["what is held wider may be, too", [held()], API, ["orders:read"], []],
  [
    "what is held on a part may not be, on more",
    [held({ resource: API })],
    PROJECT,
    ["orders:read"],
    ["orders:read"],
  ],
  ["what is not held may not be", [held()], PROJECT, ["orders:read", "orders:write"], ["orders:write"]],
  ["what is missing twice is told once", [], PROJECT, ["orders:read", "orders:read"], ["orders:read"]],
  [
    "what is held under a condition may not be",
    [held({ condition: { notAfter: NOON + 9 } })],
    API,
    ["orders:read"],
    ["orders:read"],
  ],
  ["what is denied may not be", [held(), deny()], API, ["orders:read"], ["orders:read"]],
  [
    "nor what will be denied",
    [held(), deny({ condition: { notBefore: NOON + 9 } })],
    API,
    ["orders:read"],
    ["orders:read"],
  ],
  [
    "nor what is denied at times",
    [held(), deny({ condition: { ipRanges: ["::1"] } })],
    API,
    ["orders:read"],
    ["orders:read"],
  ],
  [
    "what was denied once may be",
    [held(), deny({ condition: { notAfter: NOON } })],
    API,
    ["orders:read"],
    [],
  ],
  [
    "what is denied on another API may be",
    [held(), deny({ resource: { ...API, id: "a2" } })],
    API,
    ["orders:read"],
    [],
  ],
  [
    "what is denied in another project may be",
    [held(), deny({ projectId: "p2", resource: { ...PROJECT, id: "p2" } })],
    API,
    ["orders:read"],
    [],
  ],
  // Else somebody else would get it there, and he by way of them.
  [
    "what is denied on a part of the API may not be",
    [held(), deny({ resource: { ...API, path: "/x" } })],
    API,
    ["orders:read"],
    ["orders:read"],
  ],
  [
    "nor what is denied on one API of the project",
    [held(), deny({ resource: API })],
    PROJECT,
    ["orders:read"],
    ["orders:read"],
  ],
  [
    "nor what is denied on one account of it",
    [OWNER, deny({ resource: ACCOUNT, permissions: ["service-accounts:update"] })],
    PROJECT,
    ["service-accounts:read", "service-accounts:update"],
    ["service-accounts:update"],
  ],
  ["all of the APIs may be by who holds all", [OWNER], PROJECT, ["*"], []],
  [
    "all may not be by who holds every one that there is",
    [held({ permissions: [...API_PERMISSIONS] })],
    PROJECT,
    ["*"],
    ["*"],
  ],
  ["nor by whom a single one of them is denied", [OWNER, deny()], PROJECT, ["*"], ["*"]],
  [
    "nor by whom it is denied on a part",
    [OWNER, deny({ resource: { ...API, path: "/x" } })],
    PROJECT,
    ["*"],
    ["*"],
  ],
  [
    "a denial of ours alone leaves all of the APIs",
    [OWNER, deny({ permissions: ["projects:delete"] })],
    PROJECT,
    ["*", "projects:delete"],
    ["projects:delete"],
  ],
];

describe("handing on", () => {
  it.each(CASES)("%s", (_name, bindings, on, wanted, missing) => {
    const grants = [{ place: placeOf("p1", on), permissions: wanted }];
    for (const type of ["person", "service_account"] as const)
      expect(notHeldOutright(contextOf(bindings, type), grants)).toEqual(missing);
    expect(notHeldOutright(contextOf(bindings, "bootstrap"), grants)).toEqual([]);
    // Nobody in particular holds anything, whatever came along with him.
    for (const type of ["workload", "system"] as const)
      expect(new Set(notHeldOutright(contextOf(bindings, type), grants))).toEqual(new Set(wanted));
  });

  it("a token that was cut down hands on of ours what its scope says", () => {
    const grants = [
      { place: { projectId: "p1" }, permissions: ["orders:read", "projects:read", "roles:read"] },
    ];
    expect(notHeldOutright(contextOf([OWNER], "service_account", ["roles:read"]), grants)).toEqual([
      "projects:read",
    ]);
    expect(notHeldOutright(contextOf([OWNER], "service_account", []), grants)).toEqual([
      "projects:read",
      "roles:read",
    ]);
  });

  it("what bindings give is what their allows give, each at its place", () => {
    const all = [held(), deny(), held({ resource: { ...API, path: "/x" }, permissions: ["*"] })];
    expect(handoutsOf(all)).toEqual([
      { place: { projectId: "p1" }, permissions: ["orders:read", "projects:read"] },
      { place: { projectId: "p1", resourceServerId: "a1", path: "/x" }, permissions: ["*"] },
    ]);
  });
});

describe("whatever the bindings", () => {
  it("who may hand something on has it himself there, everywhere within, and at all times to come", () => {
    let given = 0;
    const many = fc.array(bindingOf(8), { minLength: 1, maxLength: 4 });
    const wanted = fc.subarray([...ASKED, "*"], { minLength: 1, maxLength: 2 });
    const laterOn = circumstances.map(({ now, ip }) => ({ now: NOON + Math.abs(now - NOON), ip }));
    fc.assert(
      fc.property(many, place, wanted, laterOn, (bindings, at, permissions, when) => {
        if (notHeldOutright(contextOf(bindings), [{ place: at, permissions }]).length > 0) return;
        given += 1;
        const weighed = weigh(bindings, when);
        const all = permissions.flatMap((one) => (one === "*" ? API_PERMISSIONS : [one]));
        for (const inner of PLACES.filter((one) => isWithin(stepsOf(one), stepsOf(at))))
          for (const one of all) expect(decide(weighed, one, inner).allowed).toBe(true);
      }),
      { numRuns: 10_000 },
    );
    expect(given).toBeGreaterThan(500);
  });

  it("who holds nothing but allows without conditions may hand on each of them", () => {
    fc.assert(
      fc.property(fc.array(bindingOf(10), { maxLength: 4 }), (bindings) => {
        const allows = bindings.map((one): HeldBinding => ({ ...one, effect: "allow" }));
        expect(notHeldOutright(contextOf(allows), handoutsOf(allows))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});
