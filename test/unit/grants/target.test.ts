import { describe, expect, it } from "vitest";
import { audiencesWanted, grantTarget, type Rights } from "../../../src/grants/target.ts";
import type { BindingCondition, HeldBinding } from "../../../src/protocol/index.ts";
import { heldBinding } from "../held_binding.ts";

const ISSUER = "https://sts.example.com";
const AUDIENCE = "https://api.example.com";
const NOW = Date.UTC(2026, 10, 25, 12) / 1000;

const PERMISSIONS = ["orders:read", "orders:write"].map((name) => ({ name, description: name }));
const API = {
  id: "a1",
  audience: AUDIENCE,
  permissions: PERMISSIONS,
  tokenLifetime: null,
  signingAlgorithm: null,
};

const held = (members: Partial<HeldBinding> = {}, path = "") =>
  heldBinding({ resource: { type: "resource_server", id: "a1", path }, ...members });

function granted(
  bindings: readonly HeldBinding[],
  targets: readonly string[] = [],
  scope: readonly string[] = [],
  api: Partial<typeof API> | null = API,
) {
  const account = { projectId: "p1", allowedAudiences: [AUDIENCE, "urn:example:api", ""] };
  const anchor = { account, api: api === null ? undefined : { ...API, ...api } };
  const rights = { issuerUrl: ISSUER, anchor, bindings, circumstances: { now: NOW, ip: null } };
  return grantTarget(rights as unknown as Rights, { targets, scope });
}

const refused = (reason: string, detail: string) => ({ ok: false, refusal: { reason, detail } });

describe("a token for ourselves", () => {
  const viewer = heldBinding({ permissions: ["projects:read", "roles:read", "*"] });

  it.each<
    readonly [name: string, targets: readonly string[], scope: readonly string[], expected: readonly string[]]
  >([
    ["is what we grant unless asked otherwise", [], [], ["projects:read", "roles:read"]],
    ["may be asked for by name", [ISSUER], [], ["projects:read", "roles:read"]],
    ["may be cut down", [], ["roles:read"], ["roles:read"]],
  ])("%s", (_name, targets, scope, expected) => {
    expect(granted([viewer], targets, scope)).toEqual({
      ok: true,
      value: { audience: ISSUER, scope: expected, api: undefined, until: NOW + 3600 },
    });
  });

  it("may hold nothing: who holds nothing may still ask who he is", () => {
    expect(granted([])).toMatchObject({ ok: true, value: { scope: [] } });
  });

  it.each<readonly [name: string, bindings: readonly HeldBinding[], permission: string]>([
    ["what no binding gives", [viewer], "projects:delete"],
    ["what is an API's", [viewer, held()], "orders:read"],
    ["all of the APIs", [viewer], "*"],
    ["what nothing knows", [viewer], "projects:fly"],
    ["what every object inherits", [viewer], "constructor"],
    [
      "what is denied everywhere",
      [viewer, heldBinding({ id: "d1", effect: "deny", permissions: ["projects:read"] })],
      "projects:read",
    ],
    [
      "what is not given now",
      [heldBinding({ permissions: ["projects:read"], condition: { notAfter: NOW } })],
      "projects:read",
    ],
    [
      "what may not be given from there",
      [heldBinding({ permissions: ["projects:read"], condition: { ipRanges: ["::/0"] } })],
      "projects:read",
    ],
  ])("never carries %s", (_name, bindings, permission) => {
    expect(granted(bindings, [], [permission])).toEqual(
      refused("scope_not_granted", expect.stringContaining(permission)),
    );
    expect(granted(bindings)).toMatchObject({ ok: true });
    expect(JSON.stringify(granted(bindings))).not.toContain(`"${permission}"`);
  });

  it("carries what is denied on a part: each call is decided anew", () => {
    const deny = heldBinding({
      id: "d1",
      effect: "deny",
      permissions: ["projects:read"],
      resource: { type: "service_account", id: "s2", path: "" },
    });
    expect(granted([viewer, deny], [], ["projects:read"])).toMatchObject({ ok: true });
  });
});

describe("a token for an API", () => {
  it.each<
    readonly [name: string, bindings: readonly HeldBinding[], target: string, expected: readonly string[]]
  >([
    ["carries what is given there", [held()], AUDIENCE, ["orders:read"]],
    ["and below", [held()], `${AUDIENCE}/eu`, ["orders:read"]],
    [
      "and on the project",
      [heldBinding({ permissions: ["*"] })],
      `${AUDIENCE}/eu`,
      ["orders:read", "orders:write"],
    ],
    ["carries what is given on its path", [held({}, "/eu")], `${AUDIENCE}/eu/1`, ["orders:read"]],
    [
      "carries nothing that the API does not know",
      [held({ permissions: ["orders:read", "stock:read", "projects:read"] })],
      AUDIENCE,
      ["orders:read"],
    ],
    [
      "carries nothing that is denied",
      [held({ permissions: ["*"] }), held({ id: "d1", effect: "deny" })],
      AUDIENCE,
      ["orders:write"],
    ],
    [
      "nor what is denied on a part",
      [held({ permissions: ["*"] }), held({ id: "d1", effect: "deny" }, "/eu")],
      AUDIENCE,
      ["orders:write"],
    ],
    [
      "but does beside that part",
      [held({ permissions: ["*"] }), held({ id: "d1", effect: "deny" }, "/eu")],
      `${AUDIENCE}/us`,
      ["orders:read", "orders:write"],
    ],
  ])("%s", (_name, bindings, target, expected) => {
    expect(granted(bindings, [target])).toEqual({
      ok: true,
      value: { audience: target, scope: expected, api: API, until: NOW + 3600 },
    });
    for (const scope of expected)
      expect(granted(bindings, [target], [scope])).toMatchObject({ value: { scope: [scope] } });
  });

  const nothing = "no binding gives orders:read there; no binding gives orders:write there.";
  it.each<readonly [name: string, bindings: readonly HeldBinding[], target: string, detail: string]>([
    ["without a binding", [], AUDIENCE, nothing],
    ["wider than the binding's path", [held({}, "/eu")], AUDIENCE, nothing],
    ["beside the binding's path", [held({}, "/eu")], `${AUDIENCE}/europe`, nothing],
    [
      "on another API",
      [held({ resource: { type: "resource_server", id: "a2", path: "" } })],
      AUDIENCE,
      nothing,
    ],
    ["of another project", [heldBinding({ projectId: "p2" })], AUDIENCE, nothing],
    [
      "where it is denied",
      [held(), held({ id: "d1", effect: "deny" })],
      AUDIENCE,
      "orders:read is denied by binding d1; no binding gives orders:write there.",
    ],
  ])("%s is refused", (_name, bindings, target, detail) => {
    expect(granted(bindings, [target])).toEqual(refused("target_not_allowed", detail));
    expect(granted(bindings, [target], ["orders:read"])).toEqual(
      refused("scope_not_granted", `${detail.split(";")[0]?.replace(/\.$/, "")}.`),
    );
  });

  it("that is asked for more than it knows is refused, whole", () => {
    const all = [heldBinding({ permissions: ["*", "projects:read"] })];
    for (const unknown of ["stock:read", "projects:read", "*", "constructor"])
      expect(granted(all, [AUDIENCE], ["orders:read", unknown])).toEqual(
        refused("scope_not_granted", `the API knows no permission ${unknown}.`),
      );
  });

  it.each<readonly [name: string, condition: BindingCondition, until: number]>([
    ["ends with the binding", { notAfter: NOW + 60 }, NOW + 60],
    [
      "ends with its hours",
      { schedule: { weekdays: ["wednesday"], from: "11:00", until: "12:10", timeZone: "UTC" } },
      NOW + 600,
    ],
    ["lives as long as any where they last", { notAfter: NOW + 3600 }, NOW + 3600],
  ])("%s", (_name, condition, until) => {
    expect(granted([held({ condition })], [AUDIENCE])).toMatchObject({ ok: true, value: { until } });
  });

  it("lives on where a second binding takes over, and ends as a deny begins", () => {
    const [first, second] = [{ notAfter: NOW + 60 }, { notBefore: NOW + 60 }].map((condition) =>
      held({ condition }),
    );
    const deny = held({ effect: "deny", condition: { notBefore: NOW + 300 } });
    expect(granted([first!, second!], [AUDIENCE])).toMatchObject({ value: { until: NOW + 3600 } });
    expect(granted([first!, second!, deny], [AUDIENCE])).toMatchObject({ value: { until: NOW + 300 } });
  });
});

describe("an audience that no API with permissions is", () => {
  it.each<readonly [name: string, target: string, api: Partial<typeof API> | null]>([
    ["may be one of the account's", AUDIENCE, null],
    ["may be a name that is no URL", "urn:example:api", null],
    ["may be an API's without permissions", AUDIENCE, { permissions: [] }],
  ])("%s, with no scope", (_name, target, api) => {
    expect(granted([], [target], [], api)).toMatchObject({
      ok: true,
      value: { audience: target, scope: [] },
    });
    expect(granted([heldBinding({ permissions: ["*"] })], [target], ["orders:read"], api)).toEqual(
      refused("scope_not_granted", "nothing defines orders:read there."),
    );
  });

  it.each<readonly [name: string, target: string]>([
    ["another", "https://other.example.com"],
    ["one with a slash more", `${AUDIENCE}/`],
    ["one in upper case", "HTTPS://API.EXAMPLE.COM"],
    ["one below an allowed one", `${AUDIENCE}/v1`],
    ["one that begins like an allowed one", `${AUDIENCE}.evil.example`],
    ["dots", `${AUDIENCE}/..`],
    ["a wildcard", "*"],
    ["our issuer with a slash more", `${ISSUER}/`],
    ["one with white space behind", `${AUDIENCE} `],
    ["a member of every array", "length"],
    ["an index", "0"],
    ["one without end", "x".repeat(10_000)],
  ])("%s is refused", (_name, target) => {
    const judged = granted([heldBinding({ permissions: ["*"] })], [target], [], null);
    expect(judged).toMatchObject({ ok: false, refusal: { reason: "target_not_allowed" } });
    expect(judged.ok ? Number.NaN : judged.refusal.detail.length).toBeLessThan(400);
  });

  it.each([
    ["two allowed ones", [AUDIENCE, ISSUER]],
    ["one twice", [AUDIENCE, AUDIENCE]],
  ])("%s are refused: a token is for one", (_name, targets) => {
    expect(granted([held()], targets)).toMatchObject({
      ok: false,
      refusal: { reason: "target_not_allowed" },
    });
  });

  it("an API is meant by its own URI and by what lies below, never by ours", () => {
    const wanted = (...targets: readonly string[]) => audiencesWanted(ISSUER, { targets, scope: [] });
    expect(wanted()).toEqual([]);
    expect(wanted(ISSUER)).toEqual([]);
    expect(wanted(`${AUDIENCE}/orders/eu`)).toEqual([
      `${AUDIENCE}/orders/eu`,
      `${AUDIENCE}/orders/`,
      `${AUDIENCE}/orders`,
      `${AUDIENCE}/`,
      AUDIENCE,
    ]);
  });
});
