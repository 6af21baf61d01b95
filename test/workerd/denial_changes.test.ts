import { beforeEach, describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { type GivenIdentityProvider, givenIdentityProvider } from "./identity_provider_kit.ts";
import { callAs } from "./project_token_kit.ts";
import { bind, givenApi, givenCaller, givenRole, givenRoleHome, type RoleHome } from "./role_kit.ts";
import { must } from "./token_holders.ts";

/** Denials that come to hold later, and what an account has by more than its bindings. */

const service = startService();
let home: RoleHome;
let provider: GivenIdentityProvider;
beforeEach(async () => {
  home = await givenRoleHome(service);
  provider = await givenIdentityProvider(service);
});

const give = (principal: Record<string, unknown>, role: string, more: Record<string, unknown> = {}) =>
  must(service, "POST", home.bindings, {
    principal: { identityProvider: provider.id, ...principal },
    role,
    ...more,
  });

describe("a denial of a group ends what persons got", () => {
  const LATER = { notBefore: "2090-01-01T00:00:00Z" };
  const contractors = { type: "group", name: "contractors" };

  it.each<[string, () => Promise<() => Promise<unknown>>]>([
    [
      "when its condition is taken away",
      async () => {
        const { body } = await give(contractors, "token-creator", { effect: "deny", condition: LATER });
        return () => must(service, "PATCH", `${home.bindings}/${body.id}`, { condition: null });
      },
    ],
    [
      "when its role comes to hold more",
      async () => {
        const role = await givenRole(service, home, ["project-tokens:create"]);
        await give(contractors, role.id, { effect: "deny" });
        const permissions = ["project-tokens:create", "access-tokens:create"];
        return () => must(service, "PATCH", role.path, { permissions });
      },
    ],
  ])("%s", async (_name, prepare) => {
    const release = await givenCaller(service, home, "viewer");
    await give({ type: "group", name: "devs" }, "token-creator");
    const change = await prepare();
    const ada = await provider.idToken({ groups: ["devs", "contractors"] });
    const made = await callAs(service, ada, "POST", `${release.path}/access-tokens`, { reason: "x" });
    expect(made.status).toBe(201);
    expect((await callAs(service, made.body.accessToken, "GET", home.path)).status).toBe(200);
    await change();
    expect((await callAs(service, made.body.accessToken, "GET", home.path)).status).toBe(401);
  });
});

it("a person who leaves his groups out sees no project in the list that his group is denied", async () => {
  await give({ type: "person", subject: "ada" }, "editor");
  await give({ type: "group", name: "contractors" }, "owner", { effect: "deny" });
  for (const claims of [{ groups: ["contractors"] }, {}]) {
    const { status } = await callAs(service, await provider.idToken(claims), "GET", "/v1/projects");
    expect(status, JSON.stringify(claims)).toBe(403);
  }
  const list = await callAs(service, await provider.idToken({ groups: [] }), "GET", "/v1/projects");
  expect(list.body.items).toHaveLength(1);
});

it("a credential for an API's account is made by who may ask about that API", async () => {
  const linked = await givenCaller(service, home);
  const api = await givenApi(service, home);
  await must(service, "PATCH", api.path, { serviceAccount: linked.id });
  const admin = await givenCaller(service, home, "key-admin");
  const key = () => admin.call("POST", `${linked.path}/keys`, { algorithm: "ED25519" });
  const refused = await key();
  expect(refused.status).toBe(403);
  expect(refused.body.detail).toContain("access-evaluations:create");
  const role = await givenRole(service, home, ["access-evaluations:create"]);
  await bind(service, home, admin, role.id);
  expect((await key()).status).toBe(201);
});
