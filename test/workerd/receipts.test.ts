import { beforeAll, describe, expect, it } from "vitest";
import { assertionOf, CLIENT_ASSERTION, JWT_BEARER, type KeyFile } from "./credentials.ts";
import { type Answer, exchangeOf, TOKEN_EXCHANGE } from "./harness.ts";
import { type GivenIdentityProvider, givenIdentityProvider } from "./identity_provider_kit.ts";
import { ACCESS_TOKEN_TYPE } from "./impersonation_kit.ts";
import { givenStage, homeOf, type Stage, stageIn } from "./receipt_kit.ts";
import { bind, callsWith, givenCaller, givenRoleHome } from "./role_kit.ts";
import { must } from "./token_holders.ts";

/** Every exchange leaves a receipt: whoever is refused is pointed to it, and whoever may read the account opens it. */

let stage: Stage;
let file: KeyFile;
let projectToken: string;
let accessToken: string;
let person: GivenIdentityProvider;
const ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token";

beforeAll(async () => {
  stage = await givenStage();
  const { service, accounts } = stage;
  file = (await must(service, "POST", `${accounts}/deployer/keys`, { algorithm: "ED25519" })).body;
  projectToken = (await must(service, "POST", `${accounts}/deployer/project-tokens`, { name: "t" })).body
    .token;
  await bind(service, homeOf(stage), stage.account, "token-creator");
  person = await givenIdentityProvider(service);
  accessToken = (await stage.exchange(await stage.issuer.sign())).body.access_token;
  for (const name of ["other", "open"]) await must(service, "POST", accounts, { name });
});

const emailOf = async (name: string) =>
  (await stage.service.call("GET", `${stage.accounts}/${name}`)).body.email as string;

const assertion = (more: Record<string, unknown> = {}) => assertionOf(file, more);
const foreign = (more: Record<string, unknown> = {}) => stage.issuer.sign(more);
const bearerForm = (jwt: string, more = {}) => ({
  grant_type: JWT_BEARER,
  assertion: jwt,
  client_id: stage.account.email,
  ...more,
});
const clientForm = (jwt: string) => ({
  grant_type: "client_credentials",
  client_id: stage.account.email,
  client_assertion_type: CLIENT_ASSERTION,
  client_assertion: jwt,
});

type Form = () => Promise<Record<string, string>>;

const GRANTED: readonly (readonly [string, Form, string])[] = [
  [
    "a foreign token, exchanged",
    async () => exchangeOf(await foreign(), stage.account.email),
    "access_token.exchange",
  ],
  ["a foreign token as a grant", async () => bearerForm(await foreign()), "access_token.exchange"],
  ["a foreign token as a client", async () => clientForm(await foreign()), "access_token.exchange"],
  ["the account's key, as a grant", async () => bearerForm(await assertion()), "access_token.exchange"],
  ["the account's key, as a client", async () => clientForm(await assertion()), "access_token.exchange"],
  ["a project token", async () => exchangeOf(projectToken, stage.account.email, {}), "access_token.exchange"],
  [
    "an access token of ours, for another",
    async () => exchangeOf(accessToken, await emailOf("open"), { subject_token_type: ACCESS_TOKEN_TYPE }),
    "access_token.impersonate",
  ],
];

describe("what was granted", () => {
  it.each(GRANTED)("by %s", async (_name, form, action) => {
    const { status, body } = await stage.service.exchange(await form());
    expect([status, body.error]).toEqual([200, undefined]);
    expect(body).not.toHaveProperty("error_uri");
    const receipt = await stage.lastReceipt();
    expect(receipt).toMatchObject({ outcome: "granted", reason: null, meaning: null, dryRun: false });
    expect(receipt.stages.map(({ result }: { result: string }) => result)).not.toContain("failed");
    const { body: events } = await stage.service.call("GET", `${stage.root}/audit-events?pageSize=1`);
    expect(events.items[0]).toMatchObject({ id: receipt.id, action, requestId: receipt.requestId });
    expect((await stage.service.call("GET", `/v1/receipts/${receipt.id}`)).body).toMatchObject(receipt);
  });
});

const NEUTRAL = /^The token was not accepted for this service account\. [^.]+\.$/;
const KEY_NEUTRAL = /^Key with kid \S+ was not found for this service account, or /;

const REFUSED: readonly (readonly [string, Form, string, number, string, RegExp])[] = [
  [
    "a foreign token, exchanged",
    async () => exchangeOf(await foreign({ team: "x" }), stage.account.email),
    "assertion_failed",
    400,
    "invalid_request",
    NEUTRAL,
  ],
  [
    "a foreign token as a grant",
    async () => bearerForm(await foreign({ team: "x" })),
    "assertion_failed",
    400,
    "invalid_grant",
    NEUTRAL,
  ],
  [
    "a foreign token as a client",
    async () => clientForm(await foreign({ aud: "else" })),
    "audience_mismatch",
    401,
    "invalid_client",
    NEUTRAL,
  ],
  [
    "the account's key, out of date",
    async () => bearerForm(await assertion({ iat: 1, exp: 2 })),
    "token_expired",
    400,
    "invalid_grant",
    KEY_NEUTRAL,
  ],
  [
    "the account's key, by a client",
    async () => clientForm(await assertion({ aud: "else" })),
    "audience_mismatch",
    401,
    "invalid_client",
    KEY_NEUTRAL,
  ],
  [
    "a project token of another account",
    async () => exchangeOf(projectToken, await emailOf("other")),
    "project_token_unknown",
    400,
    "invalid_request",
    NEUTRAL,
  ],
  [
    "an access token of ours, unfit",
    async () => exchangeOf(`${accessToken}A`, stage.account.email, { subject_token_type: ACCESS_TOKEN_TYPE }),
    "own_token_rejected",
    400,
    "invalid_request",
    NEUTRAL,
  ],
  [
    "a person who may not act as the account",
    async () =>
      exchangeOf(await person.idToken(), await emailOf("other"), { subject_token_type: ID_TOKEN_TYPE }),
    "impersonation_not_granted",
    400,
    "invalid_request",
    NEUTRAL,
  ],
  [
    "no token",
    async () => ({ grant_type: TOKEN_EXCHANGE, client_id: stage.account.email }),
    "request_malformed",
    400,
    "invalid_request",
    /subject_token/,
  ],
  [
    "no JWT",
    async () => exchangeOf("a.b.c", stage.account.email),
    "token_malformed",
    400,
    "invalid_request",
    NEUTRAL,
  ],
  [
    "an audience that is not the account's",
    async () => exchangeOf(await foreign(), stage.account.email, { audience: "https://not.example.com" }),
    "target_not_allowed",
    400,
    "invalid_target",
    /^No token is issued/,
  ],
];

describe("what was refused", () => {
  it.each(REFUSED)("%s", async (_name, form, reason, status, error, sentence) => {
    const answer = await stage.service.exchange(await form());
    const uri = expect.stringMatching(new RegExp(`^${stage.service.url}/v1/receipts/[0-9a-f-]{36}$`));
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      error,
      error_description: expect.stringMatching(sentence),
      error_uri: uri,
    });
    const receipt = await stage.receiptOf(answer);
    expect(receipt).toMatchObject({ outcome: "refused", reason, meaning: expect.stringMatching(/\.$/) });
    expect(receipt.stages.map(({ result }: { result: string }) => result)).toContain("failed");
    expect(JSON.stringify(answer.body)).not.toContain(reason);
    expect(await stage.lastReceipt("outcome=refused")).toMatchObject({ id: receipt.id, reason });
  });

  it("an account that nobody has: the operator alone opens it", async () => {
    const answer = await stage.exchange(await foreign(), { client_id: crypto.randomUUID() });
    const { id, ...receipt } = await stage.receiptOf(answer);
    expect(receipt).toMatchObject({
      reason: "account_not_found",
      projectId: null,
      serviceAccountId: null,
      nearestMiss: null,
    });
    const home = await givenRoleHome(stage.service);
    const owner = await givenCaller(stage.service, home, "owner");
    const [theirs, none] = [await owner.call("GET", `/v1/receipts/${id}`), await noneFor(owner.token)];
    expect([theirs.status, withoutId(theirs)]).toEqual([404, withoutId(none)]);
  });
});

const withoutId = ({ body: { requestId: _, ...rest } }: Answer) => rest;
const noneFor = (token: string) =>
  callsWith(stage.service, token).call("GET", `/v1/receipts/${crypto.randomUUID()}`);

describe("who opens a receipt", () => {
  it("those who may read the account, and nobody else", async () => {
    const { body } = await stage.exchange(await foreign({ team: "x" }));
    const path = String(body.error_uri).slice(stage.service.url.length);
    const viewer = await givenCaller(stage.service, homeOf(stage), "viewer");
    const stranger = await givenCaller(stage.service, homeOf(stage));
    expect((await viewer.call("GET", path)).body).toMatchObject({ reason: "assertion_failed" });
    const tenant = await givenCaller(stage.service, await givenRoleHome(stage.service), "owner");
    for (const { call, token } of [stranger, tenant]) {
      const hidden = await call("GET", path);
      expect([hidden.status, withoutId(hidden)]).toEqual([404, withoutId(await noneFor(token))]);
    }
    const bare = await stage.service.fetch(path);
    expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="countersign"']);
    expect((await stage.service.call("GET", path, undefined, { authorization: "Bearer x.y.z" })).status).toBe(
      401,
    );
  });

  it("under the path of its own project alone", async () => {
    const other = await stageIn(stage.service, stage.issuer);
    const { id } = await stage.lastReceipt();
    const at = async (root: string, receipt = id) => stage.service.call("GET", `${root}/receipts/${receipt}`);
    expect((await at(stage.root)).body).toMatchObject({ id });
    expect(withoutId(await at(other.root))).toEqual(withoutId(await at(other.root, crypto.randomUUID())));
    expect((await at(other.root)).status).toBe(404);
  });
});
