import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { lastEvent } from "./credentials.ts";
import { type Answer, startService } from "./harness.ts";
import {
  areActive,
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  type Holder,
  type Home,
  must,
  type ProjectToken,
  type Trust,
  tokenByKey,
  tokenByProjectToken,
  tokenByTrust,
} from "./token_holders.ts";

let shiftMs = 0;
const service = startService({ nowMs: () => Date.now() + shiftMs });

/** Two accounts of one project and one of another, all with a token by each of their credentials. */
interface Stage {
  readonly home: Home;
  readonly holder: Holder;
  readonly key2Path: string;
  readonly projectToken: ProjectToken;
  readonly trust: Trust;
  /** By what they are called in the rows. */
  readonly tokens: ReadonlyMap<string, string>;
}

async function givenStage(): Promise<Stage> {
  const home = await givenHome(service);
  const [holder, mate] = [await givenHolder(service, home), await givenHolder(service, home)];
  const stranger = await givenHolder(service, await givenHome(service));
  const second = (await must(service, "POST", `${holder.path}/keys`, { algorithm: "ED25519" })).body;
  const [projectToken, mates] = [
    await givenProjectToken(service, holder),
    await givenProjectToken(service, mate),
  ];
  const trust = await givenTrustIn(service, holder);
  const tokens = new Map([
    ["key", await tokenByKey(service, holder)],
    ["key2", await tokenByKey(service, { key: second })],
    ["project token", projectToken.text],
    ["by project token", await tokenByProjectToken(service, holder, projectToken.text)],
    ["trust", await tokenByTrust(service, holder, trust)],
    ["mate", await tokenByKey(service, mate)],
    ["mate's project token", mates.text],
    ["other project", await tokenByKey(service, stranger)],
    ["other project's project token", (await givenProjectToken(service, stranger)).text],
  ]);
  return { home, holder, key2Path: `${holder.path}/keys/${second.id}`, projectToken, trust, tokens };
}

let stage: Stage;
beforeEach(async () => {
  shiftMs = 0;
  stage = await givenStage();
});

const OF_HOLDER = ["key", "key2", "project token", "by project token", "trust"];
const OF_PROJECT = [...OF_HOLDER, "mate", "mate's project token"];
const PROJECT_TOKENS = ["project token", "mate's project token", "other project's project token"];

async function deadOf({ tokens }: Stage): Promise<readonly string[]> {
  const active = await areActive(service, [...tokens.values()], env.BOOTSTRAP_TOKEN);
  return [...tokens.keys()].filter((_, index) => !active[index]);
}

const revoke = (body: unknown, { home }: Pick<Stage, "home"> = stage): Promise<Answer> =>
  service.call("POST", `${home.path}/revocations`, body);

type Criteria = (stage: Stage) => Record<string, unknown>;

describe("takes exactly those tokens", () => {
  it.each<readonly [string, Criteria, readonly string[]]>([
    ["all", () => ({ all: true }), OF_PROJECT],
    ["serviceAccount by id", ({ holder }) => ({ serviceAccount: holder.id }), OF_HOLDER],
    ["serviceAccount by e-mail", ({ holder }) => ({ serviceAccount: holder.email }), OF_HOLDER],
    ["serviceAccount by name", ({ holder }) => ({ serviceAccount: holder.name }), OF_HOLDER],
    ["keyId", ({ holder }) => ({ keyId: holder.key.id }), ["key"]],
    [
      "projectTokenId",
      ({ projectToken }) => ({ projectTokenId: projectToken.id }),
      ["project token", "by project token"],
    ],
    ["federatedIdentityProviderId", ({ trust }) => ({ federatedIdentityProviderId: trust.id }), ["trust"]],
    ["issuer", ({ trust }) => ({ issuer: trust.stranger.issuer }), ["trust"]],
    ["issuerKeyId", ({ trust }) => ({ issuerKeyId: trust.stranger.kid }), ["trust"]],
    ["claims", () => ({ claims: [{ item: "team", value: "shop" }] }), ["trust"]],
    ["account and key", ({ holder }) => ({ serviceAccount: holder.id, keyId: holder.key.id }), ["key"]],
    [
      "account, trust, issuer, its key and claims",
      ({ holder, trust: { id, stranger } }) => ({
        serviceAccount: holder.name,
        federatedIdentityProviderId: id,
        issuer: stranger.issuer,
        issuerKeyId: stranger.kid,
        claims: [
          { item: "team", value: "shop" },
          { item: "sub", value: "job" },
        ],
      }),
      ["trust"],
    ],
    [
      "account and project token",
      ({ holder, projectToken }) => ({ serviceAccount: holder.id, projectTokenId: projectToken.id }),
      ["project token", "by project token"],
    ],
    [
      "key and project token, which no token has both of",
      ({ holder, projectToken }) => ({ keyId: holder.key.id, projectTokenId: projectToken.id }),
      [],
    ],
    [
      "an issuer and a claim of which one is wrong",
      ({ trust }) => ({ issuer: trust.stranger.issuer, claims: [{ item: "team", value: "shed" }] }),
      [],
    ],
    ["a keyId that is none", () => ({ keyId: crypto.randomUUID() }), []],
    ["an issuer in other letters", ({ trust }) => ({ issuer: trust.stranger.issuer.toUpperCase() }), []],
    ["an issuer's beginning", ({ trust }) => ({ issuer: trust.stranger.issuer.slice(0, -1) }), []],
    ["a wildcard", () => ({ issuerKeyId: "%" }), []],
    ["a quote", () => ({ issuer: "' OR '1'='1" }), []],
  ])("%s", async (_name, criteria, taken) => {
    const { home } = stage;
    const body = criteria(stage);
    const projectTokens = taken.filter((name) => PROJECT_TOKENS.includes(name)).length;
    const counts = { accessTokens: taken.length - projectTokens, projectTokens };

    const dry = await revoke({ ...body, dryRun: true });
    expect([dry.status, dry.headers.get("location")]).toEqual([200, null]);
    expect(dry.body).toMatchObject({ dryRun: true, ...counts });
    expect(dry.body).not.toHaveProperty("id");
    expect(await deadOf(stage), "a dry run changes nothing").toEqual([]);
    expect((await service.call("GET", `${home.path}/revocations`)).body.items).toEqual([]);

    const made = await revoke({ ...body, reason: "INC-42" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ dryRun: false, projectId: home.id, reason: "INC-42", ...counts });
    expect(made.body.criteria).toEqual(dry.body.criteria);
    expect(await deadOf(stage)).toEqual(taken);

    const path = made.headers.get("location") ?? "";
    expect(path).toBe(`${home.path}/revocations/${made.body.id}`);
    expect((await service.call("GET", path)).body).toEqual(made.body);
    expect((await service.call("GET", `${home.path}/revocations`)).body).toEqual({ items: [made.body] });
    const event = await lastEvent(service, home.name, "outcome=granted");
    const target = { type: "revocation", id: made.body.id };
    expect(event).toMatchObject({ action: "revocation.create", target });

    expect((await revoke(body)).body, "nothing is taken twice").toMatchObject({
      accessTokens: 0,
      projectTokens: 0,
    });
  });

  it.each<readonly [string, Criteria]>([
    ["keyId", ({ holder }) => ({ keyId: holder.key.id })],
    ["projectTokenId", ({ projectToken }) => ({ projectTokenId: projectToken.id })],
    ["federatedIdentityProviderId", ({ trust }) => ({ federatedIdentityProviderId: trust.id })],
    ["issuer", ({ trust }) => ({ issuer: trust.stranger.issuer })],
    ["claims", () => ({ claims: [{ item: "team", value: "shop" }] })],
  ])("%s of another project takes none of it", async (_name, criteria) => {
    const away = await givenHome(service);
    const made = await revoke(criteria(stage), { home: away });
    expect([made.status, made.body.accessTokens, made.body.projectTokens]).toEqual([201, 0, 0]);
    expect(await deadOf(stage)).toEqual([]);
  });
});

describe("afterwards", () => {
  it("what vouched still does: new tokens are got, and live", async () => {
    await revoke({ all: true });
    const { holder, trust } = stage;
    const fresh = [await tokenByKey(service, holder), await tokenByTrust(service, holder, trust)];
    expect(await areActive(service, fresh, env.BOOTSTRAP_TOKEN)).toEqual([true, true]);
  });

  it("a project token's name is free again, and it is in no list", async () => {
    const { holder, projectToken } = stage;
    const { name } = (await service.call("GET", projectToken.path)).body;
    await revoke({ serviceAccount: holder.id });
    const tokens = `${holder.path}/project-tokens`;
    expect((await service.call("GET", tokens)).body.items).toEqual([]);
    expect((await service.call("POST", tokens, { name })).status).toBe(201);
  });

  it("the counts stay when everything that they counted is purged", async () => {
    const made = await revoke({ all: true });
    expect(made.body).toMatchObject({ accessTokens: 5, projectTokens: 2 });
    shiftMs = 4 * 366 * 86_400_000;
    await service.tend();
    for (const table of ["access_token", "revoked_token", "project_token"]) {
      const query = `SELECT count(*) AS n FROM ${table} WHERE project_id = ?`;
      expect(await env.DB.prepare(query).bind(stage.home.id).first(), table).toEqual({ n: 0 });
    }
    expect((await service.call("GET", made.headers.get("location") ?? "")).body).toEqual(made.body);
  });

  it("they are listed in their order, page by page, each project its own", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await revoke({ keyId: `k${index}` })).body.id);
    const found: string[] = [];
    let pageToken = "";
    do {
      const query = `?pageSize=2${pageToken && `&pageToken=${pageToken}`}`;
      const { body } = await service.call("GET", `${stage.home.path}/revocations${query}`);
      found.push(...body.items.map(({ id }: { id: string }) => id));
      pageToken = body.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(found).toEqual(ids);
    const away = await givenHome(service);
    const theirs = await service.call("GET", `${away.path}/revocations/${ids[0]}`);
    expect([theirs.status, theirs.body.code]).toEqual([404, "not_found"]);
  });
});
