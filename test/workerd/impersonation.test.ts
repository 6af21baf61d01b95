import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { introspect } from "./credentials.ts";
import { claimsIn, givenProject, withStatus } from "./impersonation_kit.ts";

/** deployer may impersonate release, release may impersonate archive. */
async function givenChain() {
  const project = await givenProject();
  const release = await project.addAccount("release");
  const archive = await project.addAccount("archive");
  const on = (serviceAccount: string) => ({ resource: { type: "service_account", serviceAccount } });
  const first = await project.bind("deployer", "token-creator", on("release"));
  const second = await project.bind("release", "token-creator", on("archive"));
  return { ...project, deployer: project.account, release, archive, first, second };
}

describe("an account with token-creator on another", () => {
  it("gets its token by showing its own, and stands in act", async () => {
    const { token, impersonate, deployer, release, operator } = await givenChain();
    const own = await token(deployer.email);
    const { body } = await withStatus(impersonate(own, release.email, { reason: "INC-4711" }), 200);
    expect(body.issued_token_type).toBe("urn:ietf:params:oauth:token-type:access_token");
    const claims = claimsIn(body.access_token);
    expect(claims).toMatchObject({
      sub: release.id,
      act: { sub: deployer.id },
      auth_method: "impersonation",
    });
    expect(claims.exp).toBeLessThanOrEqual(claimsIn(own).exp);
    const found = await operator("GET", "/audit-events?action=access_token.impersonate");
    expect(found.body.items[0]).toMatchObject({
      outcome: "granted",
      actor: { type: "service_account", id: deployer.id },
      serviceAccountId: release.id,
      target: { type: "access_token", id: claims.jti },
      detail: "INC-4711",
    });
  });

  it("goes on from there, and the record shows the chain", async () => {
    const { token, impersonate, deployer, release, archive, operator, bind, as } = await givenChain();
    const one = await withStatus(impersonate(await token(deployer.email), release.email), 200);
    const two = await withStatus(impersonate(one.body.access_token, archive.email), 200);
    expect(claimsIn(two.body.access_token).act).toEqual({ sub: release.id, act: { sub: deployer.id } });
    const found = await operator("GET", "/audit-events?action=access_token.impersonate&pageSize=1");
    expect(found.body.items[0]).toMatchObject({
      actor: { id: release.id },
      act: [{ type: "service_account", id: deployer.id }],
    });
    await bind("archive", "editor");
    const again = await withStatus(impersonate(one.body.access_token, archive.email), 200);
    await withStatus(
      as(again.body.access_token)("POST", "/service-accounts", { name: "made-by-chain" }),
      201,
    );
    const made = await operator("GET", "/audit-events?action=service_account.create&pageSize=1");
    expect(made.body.items[0]).toMatchObject({
      actor: { id: archive.id },
      act: [{ id: release.id }, { id: deployer.id }],
    });
  });

  it("loses it at the next request, and so does what came of it", async () => {
    const { token, impersonate, deployer, release, archive, operator, first, as, bind } = await givenChain();
    await bind("release", "viewer");
    const own = await token(deployer.email);
    const one = (await withStatus(impersonate(own, release.email), 200)).body.access_token;
    await withStatus(as(one)("GET", ""), 200);
    await withStatus(operator("DELETE", `/role-bindings/${first.id}`), 204);
    expect((await impersonate(own, release.email)).status).toBe(400);
    expect((await impersonate(one, archive.email)).status).toBe(400);
    expect((await as(one)("GET", "")).status).toBe(401);
  });

  it("ends with the account that showed its token, as all that came of it does", async () => {
    const { service, token, impersonate, deployer, release, archive, operator } = await givenChain();
    const one = (await withStatus(impersonate(await token(deployer.email), release.email), 200)).body
      .access_token;
    const two = (await withStatus(impersonate(one, archive.email), 200)).body.access_token;
    const active = (text: string) => introspect(service, text, env.BOOTSTRAP_TOKEN);
    expect(await active(two)).toMatchObject({
      active: true,
      act: { sub: release.id, act: { sub: deployer.id } },
    });
    await withStatus(operator("PATCH", "/service-accounts/deployer", { disabled: true }), 200);
    expect(await active(one)).toEqual({ active: false });
    expect(await active(two)).toEqual({ active: false });
  });
});

describe("is refused, and the record says why, to", () => {
  it("an account without the role", async () => {
    const { token, impersonate, deployer, archive, refusal } = await givenChain();
    const answer = await impersonate(await token(deployer.email), archive.email);
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    expect(await refusal("access_token.impersonate")).toMatchObject({
      reason: "impersonation_not_granted",
      actor: { type: "service_account", id: deployer.id },
      serviceAccountId: archive.id,
    });
  });

  it("a chain that comes back, or would be longer than three", async () => {
    const { token, impersonate, addAccount, bind, deployer, release, archive, refusal } = await givenChain();
    await bind("archive", "token-creator");
    const last = await addAccount("last");
    const beyond = await addAccount("beyond");
    await bind("last", "token-creator");
    const one = (await withStatus(impersonate(await token(deployer.email), release.email), 200)).body
      .access_token;
    const two = (await withStatus(impersonate(one, archive.email), 200)).body.access_token;
    expect((await impersonate(two, deployer.email)).status).toBe(400);
    expect(await refusal("access_token.impersonate")).toMatchObject({ reason: "impersonation_chain" });
    const three = (await withStatus(impersonate(two, last.email), 200)).body.access_token;
    expect((await impersonate(three, beyond.email)).status).toBe(400);
    expect(await refusal("access_token.impersonate")).toMatchObject({
      reason: "impersonation_chain",
      detail: "It would be 4 steps long.",
    });
  });

  it("a token for another audience, and one whose scope leaves it out", async () => {
    const { token, impersonate, operator, bind, deployer, release, refusal } = await givenChain();
    const audience = "https://api.example.com";
    await withStatus(operator("PATCH", "/service-accounts/deployer", { allowedAudiences: [audience] }), 200);
    expect((await impersonate(await token(deployer.email, { audience }), release.email)).status).toBe(400);
    expect(await refusal("access_token.impersonate")).toMatchObject({ reason: "own_token_rejected" });
    await bind("deployer", "viewer");
    const narrow = await token(deployer.email, { scope: "projects:read" });
    expect((await impersonate(narrow, release.email)).status).toBe(400);
    expect(await refusal("access_token.impersonate")).toMatchObject({ reason: "impersonation_not_granted" });
  });

  it("another project's account, as to nobody's", async () => {
    const one = await givenChain();
    const other = await givenProject(one.service);
    const own = await one.token(one.deployer.email);
    const theirs = await one.impersonate(own, other.account.email);
    const nobodys = await one.impersonate(own, "nobody-0000000@sa.countersign.internal");
    const without = ({ error_description, error_uri, ...body }: Record<string, unknown>) => body;
    expect(theirs.status).toBe(nobodys.status);
    expect(without(theirs.body)).toEqual(without(nobodys.body));
  });

  it("itself", async () => {
    const { token, impersonate, bind, deployer } = await givenChain();
    await bind("deployer", "token-creator");
    expect((await impersonate(await token(deployer.email), deployer.email)).status).toBe(400);
  });
});

describe("over REST", () => {
  it("an account gets the token with a reason, and not without", async () => {
    const { token, as, deployer, release, operator } = await givenChain();
    const call = as(await token(deployer.email));
    const path = "/service-accounts/release/access-tokens";
    expect((await call("POST", path, {})).body.errors).toMatchObject([{ pointer: "/reason" }]);
    const { body } = await withStatus(call("POST", path, { reason: "nightly release" }), 201);
    expect(claimsIn(body.accessToken)).toMatchObject({ sub: release.id, act: { sub: deployer.id } });
    expect((await call("POST", "/service-accounts/archive/access-tokens", { reason: "x" })).status).toBe(404);
    const found = await operator("GET", "/audit-events?action=access_token.impersonate&outcome=granted");
    expect(found.body.items[0]).toMatchObject({ detail: "nightly release", jti: body.id });
  });

  it("nobody does by a project token, or as a fourth step", async () => {
    const { token, as, bind, addAccount, impersonate, operator, deployer, release } = await givenChain();
    const path = (name: string) => `/service-accounts/${name}/access-tokens`;
    const denied = { status: 403, body: { code: "permission_denied" } };
    const made = await withStatus(
      operator("POST", "/service-accounts/deployer/project-tokens", { name: "t" }),
      201,
    );
    const byProjectToken = await as(made.body.token)("POST", path("release"), { reason: "x" });
    expect(byProjectToken).toMatchObject(denied);
    expect(byProjectToken.body.detail).toContain("A project token does not impersonate");
    const names = ["release", "second", "third", "fourth"];
    for (const [index, name] of names.slice(1).entries()) {
      await addAccount(name);
      await bind(names[index] ?? "", "token-creator", {
        resource: { type: "service_account", serviceAccount: name },
      });
    }
    const shown = await withStatus(impersonate(await token(deployer.email), release.email), 200);
    let bearer = String(shown.body.access_token);
    for (const name of ["second", "third"]) {
      const next = await withStatus(as(bearer)("POST", path(name), { reason: "x" }), 201);
      bearer = String(next.body.accessToken);
    }
    const fourth = await as(bearer)("POST", path("fourth"), { reason: "x" });
    expect(fourth).toMatchObject(denied);
    expect(fourth.body.detail).toBe("It would be 4 steps long.");
  });

  it("the operator does too, and stands in act", async () => {
    const { operator } = await givenChain();
    const { body } = await withStatus(
      operator("POST", "/service-accounts/release/access-tokens", { reason: "break glass" }),
      201,
    );
    expect(claimsIn(body.accessToken).act).toEqual({ sub: "bootstrap" });
  });
});

describe("a credential for more than one's own rights", () => {
  it("is not made by a key-admin for an account that holds what he does not", async () => {
    const { token, as, bind, deployer } = await givenChain();
    await bind("deployer", "key-admin");
    await bind("archive", "viewer");
    const call = as(await token(deployer.email));
    const refused = await call("POST", "/service-accounts/archive/keys", { algorithm: "ED25519" });
    expect(refused).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    expect(refused.body.detail).toContain("Nobody makes a credential for more than he holds");
    await bind("deployer", "viewer");
    // Its rights have grown, but a token's scope is from before.
    const again = as(await token(deployer.email));
    await withStatus(again("POST", "/service-accounts/archive/keys", { algorithm: "ED25519" }), 201);
  });
});
