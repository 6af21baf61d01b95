import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { type ForeignIssuer, githubClaims, startForeignIssuer } from "../support/foreign_issuer.ts";
import { call, exchange, givenTrust } from "./clients.ts";

let service: LocalWorker;
let issuer: ForeignIssuer;
beforeAll(async () => {
  [service, issuer] = await Promise.all([startLocalWorker(), startForeignIssuer()]);
});
afterAll(async () => {
  await service.close();
  await issuer.close();
});

const times = <Value>(count: number, make: (index: number) => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

it("50 first requests to a cold service make one signing key", async () => {
  const sets = await times(50, async () => (await fetch(`${service.url}/.well-known/jwks.json`)).json());
  expect(new Set(sets.map((set) => JSON.stringify(set))).size).toBe(1);
  const database = await service.miniflare.getD1Database("DB");
  expect(await database.prepare("SELECT count(*) AS n FROM signing_key").first()).toEqual({ n: 1 });
});

it.each([
  ["projects", "/v1/projects"],
  ["service accounts", "/v1/projects/home/service-accounts"],
])("50 creates of one name among %s: one 201, the others 409", async (_name, path) => {
  await call(service, "POST", "/v1/projects", { name: "home" });
  const answers = await times(50, () => call(service, "POST", path, { name: "contested" }));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
});

it("500 interleaved exchanges of two tenants: each answer is its own", async () => {
  const accounts = await Promise.all(
    ["north", "south"].map((name) => givenTrust(service, issuer.issuer, name)),
  );
  const token = await issuer.token(githubClaims(), { audience: service.url });
  for (let round = 0; round < 10; round++) {
    await times(50, async (index) => {
      const account = accounts[index % 2] ?? "";
      const { body } = await exchange(service, account, token);
      expect(decodeJwt(String(body.access_token)).email).toBe(account);
    });
  }
});

it("one event for every exchange, granted or refused, counted equal after a hostile run", async () => {
  const account = await givenTrust(service, issuer.issuer, "counted");
  const good = await issuer.token(githubClaims(), { audience: service.url });
  const bad = [
    `${good}=`,
    ` ${good}`,
    good.slice(0, -2),
    `${good}.x`,
    "a.b.c",
    "..",
    good.replace(".", ". "),
    await issuer.signRaw({ alg: "none" }, { sub: "a" }),
    await issuer.signRaw({ crit: ["urn:x"], "urn:x": 1 }, { sub: "a" }),
    await issuer.token(githubClaims({ exp: 1 }), { audience: service.url }),
    await issuer.token(githubClaims(), { audience: "https://other.example" }),
    "x".repeat(17_000),
  ];
  const answers = await times(48, (index) =>
    exchange(service, account, index % 4 === 0 ? good : (bad[index % bad.length] ?? "")),
  );
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  const granted = answers.filter(({ status }) => status === 200).length;
  const { body } = await call(
    service,
    "GET",
    "/v1/projects/counted/audit-events?action=access_token.exchange&pageSize=200",
  );
  const events = body.items as unknown as { outcome: string; occurrences: number }[];
  const count = (outcome: string) =>
    events.filter((event) => event.outcome === outcome).reduce((sum, event) => sum + event.occurrences, 0);
  expect([count("granted"), count("refused")]).toEqual([granted, 48 - granted]);
  expect(granted).toBe(12);
});
