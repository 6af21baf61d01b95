import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { exchangeOf, issuer, startService } from "./harness.ts";
import {
  bind,
  callsWith,
  exchangeBy,
  givenApi,
  givenCaller,
  givenRole,
  givenRoleHome,
  principalOf,
  type RoleHome,
} from "./role_kit.ts";

/** Ways around "nobody grants more than he holds" that lead over something else than a binding. */

const service = startService();
let home: RoleHome;
beforeEach(async () => {
  home = await givenRoleHome(service);
});
const on = ({ id }: { readonly id: string }) => ({
  resource: { type: "resource_server", resourceServer: id },
});

describe("no way around", () => {
  it("what is bound to an issuer's workloads is not got by keys that one uploads for him", async () => {
    const account = await givenCaller(service, home);
    const admin = await givenCaller(service, home, "federation-admin");
    const assertions = [{ item: "repository_id", operator: "equals", value: "777001" }];
    const principal = { type: "workloads", issuer: issuer.url, assertions };
    await bind(service, home, account, "owner", { principal });
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256", use: "sig" }] };
    const trust = { name: "mine", issuer: issuer.url, assertions, jwks };
    await admin.call("POST", `${account.path}/federated-identity-providers`, trust);
    const forged = await new SignJWT({ repository_id: "777001" })
      .setProtectedHeader({ alg: "ES256", kid: "k" })
      .setIssuer(issuer.url)
      .setSubject("job")
      .setAudience(service.url)
      .setIssuedAt()
      .setExpirationTime("10m")
      .sign(privateKey);
    const { body } = await service.exchange(exchangeOf(forged, account.id));
    expect(body.scope ?? "").toBe("");
  });

  it("a denial on an API does not end with another one that takes over its audience", async () => {
    const api = await givenApi(service, home);
    const editor = await givenCaller(service, home, "editor");
    const role = await givenRole(service, home, ["orders:write"]);
    await bind(service, home, editor, role.id, { effect: "deny", ...on(api) });
    await editor.call("PATCH", api.path, { audience: `${api.audience}/old` });
    const permissions = [{ name: "orders:write", description: "Write orders" }];
    await editor.call("POST", home.apis, { name: "again", audience: api.audience, permissions });
    const { body } = await exchangeBy(service, editor, { audience: api.audience });
    expect(body.scope ?? "").not.toContain("orders:write");
  });

  it("a right is not handed on by a call during which it was taken away", async () => {
    const owner = await givenCaller(service, home);
    const { path } = await bind(service, home, owner, "owner");
    await bind(service, home, await givenCaller(service, home), "owner");
    const friend = await givenCaller(service, home);
    let batches = 0;
    const batch: D1Database["batch"] = async (statements) => {
      batches += 1;
      // The caller, the project, the account, then the write.
      if (batches === 2) expect((await service.call("DELETE", path)).status).toBe(204);
      return env.DB.batch(statements);
    };
    const late = startService({}, { DB: { prepare: (query: string) => env.DB.prepare(query), batch } });
    const input = { principal: principalOf(friend), role: "owner" };
    const { status } = await callsWith(late, owner.token).call("POST", home.bindings, input);
    expect(status).toBeGreaterThanOrEqual(400);
  });
});
