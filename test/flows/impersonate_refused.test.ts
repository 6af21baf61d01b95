import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ForeignIssuer, startForeignIssuer } from "../support/foreign_issuer.ts";
import { must, post } from "./clients.ts";
import { type ClockedWorker, startClockedWorker } from "./clocked_worker.ts";
import { givenImporter, type ImporterStage, REASON } from "./importer_stage.ts";
import {
  type Account,
  API,
  AT_HOME,
  AT_OFFICE,
  type Body,
  MONDAY,
  type TokenAnswer,
} from "./monday_stage.ts";

/** The job that deploys on Mondays may act as a narrower account; with one thing off it may not. */

let service: ClockedWorker;
let issuer: ForeignIssuer;
let stage: ImporterStage;
let shop: ImporterStage["shop"];
let deployer: Account;
let importer: Account;
/** The binding that lets the deployer act as the importer. */
let step: string;
beforeAll(async () => {
  [service, issuer] = await Promise.all([startClockedWorker(MONDAY), startForeignIssuer()]);
});
afterAll(async () => {
  await Promise.all([service.close(), issuer.close()]);
});
beforeEach(async () => {
  await service.setClock(MONDAY);
  stage = await givenImporter(service, issuer);
  ({ shop, deployer, importer, step } = stage);
});

interface Off {
  readonly name: string;
  readonly ask: () => Promise<TokenAnswer>;
  /** Beside the defaults: the deployer is refused the importer's token. */
  readonly event: () => Body;
  readonly error?: string;
}

const NOT_GRANTED = "impersonation_not_granted";
const REJECTED = "own_token_rejected";
/** Whoever shows what is no token of ours here and now is nobody that we know. */
const STRANGER = { actor: { type: "workload" } };
const but = (parts: string) =>
  `access-tokens:create is not given now, from there: binding ${step} would, but for its ${parts}.`;
const withOwn = async (
  more: Record<string, string> = {},
  from = AT_OFFICE,
  form: Record<string, string> = {},
) => shop.impersonate(await stage.own(form), importer, { reason: REASON, ...more }, from);
let deny: string;

const OFFS: readonly Off[] = [
  {
    name: "without token-creator",
    ask: async () => {
      await must(service, "DELETE", `${shop.root}/role-bindings/${step}`);
      return withOwn();
    },
    event: () => ({ reason: NOT_GRANTED, detail: "no binding gives access-tokens:create there." }),
  },
  {
    name: "from another network",
    ask: () => withOwn({}, AT_HOME),
    event: () => ({ reason: NOT_GRANTED, detail: but("ipRanges"), ip: AT_HOME }),
  },
  {
    name: "from nowhere that is known",
    ask: () => withOwn({}, "none"),
    event: () => ({ reason: NOT_GRANTED, detail: but("ipRanges"), ip: null }),
  },
  {
    name: "when the hours are over, though its token is good",
    ask: async () => {
      await service.setClock("2027-03-22T17:50:00+01:00");
      const token = await stage.own();
      await service.setClock("2027-03-22T18:00:00+01:00");
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: NOT_GRANTED, detail: but("schedule") }),
  },
  {
    name: "denied",
    ask: async () => {
      deny = await shop.bindOn("deployer", "importer", { effect: "deny" });
      return withOwn();
    },
    event: () => ({
      reason: NOT_GRANTED,
      detail: `access-tokens:create is denied by binding ${deny}.`,
    }),
  },
  {
    name: "with a token whose scope leaves it out",
    ask: async () => {
      await shop.bind("deployer", "viewer");
      return withOwn({}, AT_OFFICE, { scope: "projects:read" });
    },
    event: () => ({ reason: NOT_GRANTED, detail: "The token's scope leaves out access-tokens:create." }),
  },
  {
    name: "for a scope that the importer does not have, though the deployer has it",
    ask: () => withOwn({ audience: API, scope: "orders:write" }),
    error: "invalid_scope",
    event: () => ({ reason: "scope_not_granted", detail: "no binding gives orders:write there." }),
  },
  {
    name: "for an API that no project registered",
    ask: () => withOwn({ audience: "https://elsewhere.example.com" }),
    error: "invalid_target",
    event: () => ({ reason: "target_not_allowed" }),
  },
  {
    name: "with a token for another audience",
    ask: () => withOwn({}, AT_OFFICE, { audience: API }),
    event: () => ({
      reason: REJECTED,
      detail: "It was made for another audience than us.",
      actor: { type: "service_account" },
    }),
  },
  {
    name: "with a token that was revoked",
    ask: async () => {
      const token = await stage.own();
      await post(service, "/oauth/v2/revoke", { token }, token);
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "with a token that has expired",
    ask: async () => {
      const token = await stage.own();
      await service.setClock("2027-03-22T11:00:00+01:00");
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "with a token of which a letter was changed",
    ask: async () => {
      const token = await stage.own();
      return shop.impersonate(`${token.slice(0, -5)}AAAAA`, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "as itself",
    ask: async () => {
      await shop.bind("deployer", "token-creator");
      return shop.impersonate(await stage.own(), deployer);
    },
    event: () => ({
      reason: "impersonation_chain",
      detail: "The account is in it already.",
      serviceAccountId: deployer.id,
    }),
  },
  {
    name: "back from the importer",
    ask: async () => {
      await shop.bindOn("importer", "deployer");
      return shop.impersonate(await stage.asImporter(), deployer);
    },
    event: () => ({
      reason: "impersonation_chain",
      detail: "The account is in it already.",
      serviceAccountId: deployer.id,
      actor: { type: "service_account", id: importer.id },
      act: [{ type: "service_account", id: deployer.id, bindingId: step }],
    }),
  },
  {
    name: "by a fourth step",
    ask: async () => {
      const [second, third, fourth] = await stage.givenAccounts("second", "third", "fourth");
      if (second === undefined || third === undefined || fourth === undefined) throw new Error("no chain");
      const tokens = await stage.givenTokens([second, third]);
      return shop.impersonate(tokens.at(-1) ?? "", fourth);
    },
    event: () => ({
      ...{ reason: "impersonation_chain", detail: "It would be 4 steps long." },
      ...{ serviceAccountId: expect.any(String), actor: { type: "service_account" } },
    }),
  },
];

describe("with one thing off it is refused, and the record says which", () => {
  it.each(OFFS)("$name", async ({ ask, event, error = "invalid_request" }) => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(await shop.eventOf(answer)).toMatchObject({
      action: "access_token.impersonate",
      outcome: "refused",
      actor: { type: "service_account", id: deployer.id },
      serviceAccountId: importer.id,
      ...event(),
    });
  });
});
