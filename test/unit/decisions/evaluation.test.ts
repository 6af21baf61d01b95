import { describe, expect, it } from "vitest";
import { type Evaluation, judgeEvaluation } from "../../../src/decisions/evaluation.ts";
import type { EvaluationFacts } from "../../../src/decisions/facts.ts";
import type { Context } from "../../../src/deps.ts";
import type { Actor, HeldBinding } from "../../../src/protocol/index.ts";
import type { LiveToken } from "../../../src/tokens/index.ts";
import { heldBinding } from "../held_binding.ts";

const ISSUER = "https://sts.example.com";
const API = "https://api.example.com";
const NOW = 1_800_000_000;

const binding = (more: Partial<HeldBinding> = {}) =>
  heldBinding({ principalId: "a1", resource: { type: "resource_server", id: "s1", path: "" }, ...more });

const TOKEN: LiveToken = {
  type: "access_token",
  jti: "t1",
  tokenSha256: "",
  account: { id: "a1", email: "a1@example.com", projectId: "p1" },
  audience: API,
  resourceServerId: "s1",
  apiAccountId: "api",
  scope: ["orders:read"],
  authMethod: "key",
  act: [],
  grantsVersion: 1,
  bindings: [],
  issuedAt: NOW - 60,
  expiresAt: NOW + 60,
};

const server = (id: string, projectId: string, audience = API) => ({
  id,
  projectId,
  audience,
  serviceAccountId: id === "s1" ? "api" : null,
  permissions: [
    { name: "orders:read", description: "" },
    { name: "orders:write", description: "" },
  ],
});

const accountActor = (id: string, bindings: readonly HeldBinding[] = [], projectId = "p1"): Actor => ({
  type: "service_account",
  id,
  projectId,
  credential: { type: "access_token", id: "x" },
  act: [],
  grantsVersion: 1,
  bindings,
  scope: null,
});

function factsOf(actor: Actor, more: Partial<EvaluationFacts> = {}): EvaluationFacts {
  const context = {
    actor,
    deps: { nowMs: () => NOW * 1000, config: { issuerUrl: ISSUER } },
    request: { ip: null },
  } as unknown as Context;
  return {
    context,
    tokens: new Map(),
    accounts: [],
    projects: [{ id: "p1", name: "shop" }],
    servers: [server("s1", "p1")],
    providers: [],
    ...more,
  };
}

const ASKED: Evaluation = {
  subject: { type: "access_token", text: "T" },
  action: "orders:read",
  resource: { type: "resource_server", ref: API, path: "" },
  ip: null,
};

/** What the API itself hears of a token. */
function ofToken(
  token: Partial<LiveToken>,
  asked: Partial<Evaluation> = {},
  facts: Partial<EvaluationFacts> = {},
) {
  const tokens = new Map([["T", { ...TOKEN, ...token }]]);
  return judgeEvaluation(factsOf(accountActor("api"), { tokens, ...facts }), { ...ASKED, ...asked });
}

const at = (ref: string, path = "") => ({ resource: { type: "resource_server", ref, path } }) as const;

describe("a token, asked about by its API", () => {
  const bindings = [binding()];

  it("may do what a binding gives and its scope carries", () => {
    expect(ofToken({ bindings })).toEqual({ decision: true, reason: "granted" });
  });

  it.each<readonly [name: string, token: Partial<LiveToken>, reason: string]>([
    ["holds nothing", { bindings: [] }, "no_binding"],
    ["has another scope", { bindings, scope: ["orders:write"] }, "scope"],
    ["is for another audience", { bindings, audience: "https://other.example.com" }, "subject_unknown"],
    ["is for an API that was there before", { bindings, resourceServerId: "s0" }, "subject_unknown"],
    ["is for us", { bindings, audience: ISSUER, resourceServerId: null, scope: null }, "subject_unknown"],
    [
      "is of another project",
      { bindings, account: { ...TOKEN.account, projectId: "p2" } },
      "subject_unknown",
    ],
    ["is for a part", { bindings, audience: `${API}/orders` }, "scope"],
    ["is denied", { bindings: [...bindings, binding({ id: "b2", effect: "deny" })] }, "denied"],
    [
      "is denied below",
      {
        bindings: [
          ...bindings,
          binding({ effect: "deny", resource: { ...binding().resource, path: "/orders" } }),
        ],
      },
      "denied",
    ],
  ])("%s: %s", (_name, token, reason) => {
    expect(ofToken(token)).toEqual({ decision: false, reason });
  });

  it.each<readonly [name: string, ref: string, path: string, decision: boolean]>([
    ["its own", `${API}/orders`, "", true],
    ["below it", `${API}/orders/eu`, "", true],
    ["by id", "s1", "/orders/eu", true],
    ["below by both", `${API}/orders`, "/eu", true],
    ["beside it", `${API}/ordersx`, "", false],
    ["above it", API, "", false],
    ["one that a server could read as another", `${API}/orders/../admin`, "", false],
    ["one with a query", `${API}/orders?x`, "", false],
  ])("for a part, at the path %s", (_name, ref, path, decision) => {
    const token = { bindings, audience: `${API}/orders` };
    expect(ofToken(token, at(ref, path)).decision).toBe(decision);
  });

  it("needs a permission that the API registered", () => {
    const all = binding({ permissions: ["*", "orders:fly"] });
    expect(ofToken({ bindings: [all], scope: ["orders:fly"] }, { action: "orders:fly" }).reason).toBe(
      "action_unknown",
    );
  });

  it("is decided from where the asker says, and from nowhere else", () => {
    const ranged = binding({ condition: { ipRanges: ["203.0.113.0/24"] } });
    const from = (ip: string | null, held: readonly HeldBinding[]) => ofToken({ bindings: held }, { ip });
    expect(from("203.0.113.7", [ranged]).decision).toBe(true);
    expect(from("198.51.100.7", [ranged]).reason).toBe("condition");
    expect(from(null, [ranged]).reason).toBe("condition");
    const denied = [binding(), { ...ranged, effect: "deny" } as const];
    expect(from("198.51.100.7", denied).decision).toBe(true);
    expect(from(null, denied).reason).toBe("denied");
  });
});

describe("who may ask", () => {
  const evaluate = (actor: Actor, more: Partial<EvaluationFacts> = {}, asked: Partial<Evaluation> = {}) =>
    judgeEvaluation(factsOf(actor, more), { ...ASKED, ...asked });
  const tokens = new Map([["T", { ...TOKEN, bindings: [binding()] }]]);
  const asks = (permissions: readonly string[], resource = binding().resource) =>
    accountActor("other", [binding({ permissions, resource })]);

  it("the operator, the API's account, and who holds the permission there", () => {
    for (const actor of [
      { type: "bootstrap" } as const,
      accountActor("api"),
      asks(["access-evaluations:create"]),
    ]) {
      expect(evaluate(actor, { tokens }).decision).toBe(true);
    }
  });

  it("nobody else, who hears what he would of an API that is not there", () => {
    const nothing = evaluate(accountActor("api"), { tokens, servers: [] });
    expect(nothing).toEqual({ decision: false, reason: "not_found" });
    expect(evaluate(accountActor("other"), { tokens })).toEqual(nothing);
    expect(evaluate(asks(["orders:read", "*"]), { tokens })).toEqual(nothing);
    expect(evaluate(accountActor("api"), { tokens }, { action: "projects:read", ...at("s2") })).toEqual(
      nothing,
    );
  });

  it("is told the binding where he may read it", () => {
    const reads = asks(["access-evaluations:create", "role-bindings:read"]);
    expect(evaluate(reads, { tokens })).toEqual({ decision: true, reason: "granted", binding: "b1" });
    expect(evaluate(asks(["access-evaluations:create"]), { tokens })).not.toHaveProperty("binding");
  });

  it("an account means by a URI its own project's API, whoever else registered it, or what is longer", () => {
    const servers = [server("s9", "p9", `${API}/orders`), server("s1", "p1"), server("s8", "p8")];
    const invited = accountActor("api", [
      binding({
        projectId: "p9",
        permissions: ["access-evaluations:create"],
        resource: { type: "project", id: "p9", path: "" },
      }),
    ]);
    expect(evaluate(invited, { tokens, servers }, at(`${API}/orders`)).reason).toBe("granted");
    expect(evaluate(invited, { tokens, servers }, at("s9")).reason).toBe("subject_unknown");
    expect(evaluate({ type: "bootstrap" }, { tokens, servers }, at(`${API}/orders`)).reason).toBe(
      "ambiguous",
    );
    expect(evaluate({ type: "bootstrap" }, { tokens, servers }, at("s1", "/orders")).reason).toBe("granted");
  });

  it("of one project's APIs the longest is meant", () => {
    const servers = [server("s1", "p1"), server("s2", "p1", `${API}/orders`)];
    const reason = (actor: Actor) => evaluate(actor, { tokens, servers }, at(`${API}/orders/eu`)).reason;
    expect(reason(accountActor("api"))).toBe("not_found");
    expect(reason({ type: "bootstrap" })).toBe("subject_unknown");
  });
});

describe("accounts and ours", () => {
  const ofProject = binding({
    permissions: ["service-accounts:read", "access-tokens:create", "service-accounts:update"],
    resource: { type: "project", id: "p1", path: "" },
  });
  const account = {
    id: "a1",
    email: "a1@example.com",
    projectId: "p1",
    disabled: false,
    projectDisabled: 0,
    expiresAt: null,
    bindings: [ofProject],
  };
  const evaluate = (more: Partial<typeof account>, asked: Partial<Evaluation> = {}, expiresAt?: number) =>
    judgeEvaluation(
      factsOf(
        { type: "bootstrap" },
        { accounts: [{ ...account, ...more, expiresAt: expiresAt ?? null }], servers: [] },
      ),
      {
        subject: { type: "service_account", ref: "a1" },
        action: "service-accounts:read",
        resource: { type: "project", ref: "shop" },
        ip: null,
        ...asked,
      },
    );

  it("an account may what it holds, by id and by e-mail, on the project and on an account", () => {
    expect(evaluate({}).decision).toBe(true);
    expect(evaluate({}, { subject: { type: "service_account", ref: account.email } }).decision).toBe(true);
    expect(evaluate({}, { resource: { type: "service_account", ref: "a1" } }).decision).toBe(true);
  });

  it("one that is disabled, expired or in a disabled project may not", () => {
    expect(evaluate({ disabled: true }).reason).toBe("subject_disabled");
    expect(evaluate({ projectDisabled: 1 }).reason).toBe("subject_disabled");
    expect(evaluate({}, {}, NOW).reason).toBe("subject_disabled");
    expect(evaluate({}, {}, NOW + 1).reason).toBe("granted");
  });

  it("one that is not there is told no other than one that holds nothing", () => {
    expect(evaluate({ bindings: [], disabled: true })).toEqual(
      evaluate({}, { subject: { type: "service_account", ref: "a2" } }),
    );
  });

  it("nothing lets it prolong itself", () => {
    const own = { resource: { type: "service_account", ref: "a1" }, action: "access-tokens:create" } as const;
    expect(evaluate({}, own).reason).toBe("self");
    expect(evaluate({}, { action: "access-tokens:create" }).reason).toBe("granted");
  });

  it("an action of no API is none of ours", () => {
    expect(evaluate({}, { action: "orders:read" }).reason).toBe("action_unknown");
    expect(evaluate({}, { action: "toString" }).reason).toBe("action_unknown");
  });

  it("who is of another type is nobody, and so is what", () => {
    expect(evaluate({}, { subject: { type: "other" } }).reason).toBe("subject_unknown");
    expect(evaluate({}, { resource: { type: "other" } }).reason).toBe("not_found");
  });
});
