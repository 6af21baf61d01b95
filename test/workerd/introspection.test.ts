import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { assertionOf, CLIENT_ASSERTION, keyFlow, post } from "./credentials.ts";
import { givenTrust, issuer, startService } from "./harness.ts";
import {
  freshName,
  givenHolder,
  givenHome,
  givenProjectToken,
  type Holder,
  type Home,
  INACTIVE,
  must,
  stateOf,
  tokenByKey,
} from "./token_holders.ts";

const service = startService();
const INTROSPECT = "/oauth/v2/introspect";
const MEMBERS = [
  "active",
  "aud",
  "auth_method",
  "client_id",
  "email",
  "exp",
  "iat",
  "iss",
  "jti",
  "project_id",
  "scope",
  "sub",
  "token_type",
];

let home: Home;
let holder: Holder;
let token: string;
beforeAll(async () => {
  home = await givenHome(service);
  holder = await givenHolder(service, home);
  token = await tokenByKey(service, holder);
});

const asClient = (assertion: string, more: Record<string, string> = {}) => ({
  client_assertion_type: CLIENT_ASSERTION,
  client_assertion: assertion,
  ...more,
});

describe("an active token", () => {
  it("is described by exactly these members, and nobody keeps the answer", async () => {
    const { status, text, headers } = await post(service, INTROSPECT, { token }, env.BOOTSTRAP_TOKEN);
    const { iat, exp, jti } = decodeJwt(token);
    expect([status, headers.get("cache-control"), headers.get("content-type")]).toEqual([
      200,
      "no-store",
      "application/json",
    ]);
    expect(Object.keys(JSON.parse(text)).sort()).toEqual(MEMBERS);
    expect(JSON.parse(text)).toEqual({
      active: true,
      iss: service.url,
      sub: holder.id,
      aud: service.url,
      client_id: holder.id,
      iat,
      exp,
      jti,
      scope: "",
      token_type: "Bearer",
      email: holder.email,
      project_id: home.id,
      auth_method: "key",
    });
  });

  it("may be a project token", async () => {
    const { id, text } = await givenProjectToken(service, holder);
    const { iat, exp } = decodeJwt(text);
    const answer = JSON.parse(await stateOf(service, text, env.BOOTSTRAP_TOKEN));
    expect(Object.keys(answer).sort()).toEqual(MEMBERS);
    expect(answer).toMatchObject({ active: true, jti: id, sub: holder.id, auth_method: "project_token" });
    expect([answer.iat, answer.exp, answer.aud]).toEqual([iat, exp, service.url]);
  });

  it.each(["access_token", "refresh_token", "nonsense"])(
    "token_type_hint %s changes nothing",
    async (hint) => {
      const form = { token, token_type_hint: hint };
      const { text } = await post(service, INTROSPECT, form, env.BOOTSTRAP_TOKEN);
      expect(JSON.parse(text).active).toBe(true);
    },
  );
});

describe("its own account may ask", () => {
  it("by the token itself", async () => {
    expect(JSON.parse(await stateOf(service, token, token))).toMatchObject({ active: true, sub: holder.id });
  });

  it("by another access token", async () => {
    expect(JSON.parse(await stateOf(service, token, await tokenByKey(service, holder))).active).toBe(true);
  });

  it("by a project token, also about that one", async () => {
    const { text } = await givenProjectToken(service, holder);
    expect(JSON.parse(await stateOf(service, token, text)).active).toBe(true);
    expect(JSON.parse(await stateOf(service, text, text)).active).toBe(true);
  });

  it("by a client_assertion of its key, once", async () => {
    const assertion = await assertionOf(holder.key);
    const first = await post(service, INTROSPECT, { token, ...asClient(assertion) });
    expect([first.status, JSON.parse(first.text).active]).toEqual([200, true]);
    const second = await post(service, INTROSPECT, { token, ...asClient(assertion) });
    expect([second.status, JSON.parse(second.text).error]).toEqual([401, "invalid_client"]);
    const elsewhere = await keyFlow(service, assertion);
    expect([elsewhere.status, elsewhere.body.error]).toEqual([400, "invalid_grant"]);
  });

  it("of 20 parallel uses of one client_assertion one is answered", async () => {
    const form = { token, ...asClient(await assertionOf(holder.key)) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(service, INTROSPECT, form)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  it("by a client_assertion that its CI signed", async () => {
    const given = await givenTrust(service);
    const foreign = await issuer.token({ repository_id: "777001" }, service.url);
    const form = asClient(foreign, { client_id: given.account.email });
    const own = (await service.exchange({ grant_type: "client_credentials", ...form })).body.access_token;
    const answer = await post(service, INTROSPECT, { token: own, ...form });
    expect(JSON.parse(answer.text)).toMatchObject({ active: true, auth_method: "federation" });
    const unnamed = await post(service, INTROSPECT, { token: own, ...asClient(foreign) });
    expect([unnamed.status, JSON.parse(unnamed.text).error]).toEqual([401, "invalid_client"]);
    const others = await post(service, INTROSPECT, { token, ...form });
    expect([others.status, others.text]).toEqual([200, INACTIVE]);
  });
});

describe("an API may ask", () => {
  const audience = `https://${freshName()}.example.com`;
  let client: Holder;
  let api: Holder;
  let meant: string;
  let server: string;
  beforeAll(async () => {
    client = await givenHolder(service, home, { allowedAudiences: [audience, `${audience}/other`] });
    api = await givenHolder(service, home);
    const input = { name: freshName(), audience, serviceAccount: api.id };
    const made = await must(service, "POST", `${home.path}/resource-servers`, input);
    server = `${home.path}/resource-servers/${made.body.id}`;
    meant = await tokenByKey(service, client, { audience });
  });
  const asked = async (about: string, by: Holder) => stateOf(service, about, await tokenByKey(service, by));

  it("about tokens that were made for it", async () => {
    const answer = JSON.parse(await asked(meant, api));
    expect(answer).toMatchObject({ active: true, aud: audience, sub: client.id });
    expect(Object.keys(answer).sort()).toEqual(MEMBERS);
  });

  it("also by its key's client_assertion", async () => {
    const form = { token: meant, ...asClient(await assertionOf(api.key)) };
    expect(JSON.parse((await post(service, INTROSPECT, form)).text).active).toBe(true);
  });

  it.each<readonly [string, () => Promise<string>]>([
    ["about a token for us", async () => asked(await tokenByKey(service, client), api)],
    [
      "about a token for an audience like its own",
      async () => asked(await tokenByKey(service, client, { audience: `${audience}/other` }), api),
    ],
    ["about a project token", async () => asked((await givenProjectToken(service, client)).text, api)],
    ["when it is another account of the project", () => asked(meant, holder)],
    [
      "when it is the API of another audience",
      async () => {
        const other = await givenHolder(service, home);
        const input = { name: freshName(), audience: `${audience}/other`, serviceAccount: other.id };
        await must(service, "POST", `${home.path}/resource-servers`, input);
        return asked(meant, other);
      },
    ],
    [
      "when it is the API of another project for the same audience",
      async () => {
        const away = await givenHome(service);
        const other = await givenHolder(service, away);
        const input = { name: freshName(), audience, serviceAccount: other.id };
        await must(service, "POST", `${away.path}/resource-servers`, input);
        return asked(meant, other);
      },
    ],
    [
      "when it is an account of another project",
      async () => asked(meant, await givenHolder(service, await givenHome(service))),
    ],
  ])("and learns nothing %s", async (_name, answer) => {
    expect(await answer()).toBe(INACTIVE);
    expect(JSON.parse(await stateOf(service, meant, env.BOOTSTRAP_TOKEN)).active).toBe(true);
  });

  it("not by a token that was made for itself, which any holder of it could replay", async () => {
    const { status, text } = await post(service, INTROSPECT, { token: meant }, meant);
    expect([status, JSON.parse(text).error]).toEqual([401, "invalid_client"]);
  });

  it("only as long as it is registered as that account", async () => {
    await must(service, "PATCH", server, { serviceAccount: null });
    expect(await asked(meant, api)).toBe(INACTIVE);
    await must(service, "PATCH", server, { serviceAccount: api.id });
    expect(JSON.parse(await asked(meant, api)).active).toBe(true);
    await must(service, "DELETE", server);
    expect(await asked(meant, api)).toBe(INACTIVE);
  });
});
