import { describe, expect, it } from "vitest";
import { must, post } from "./clients.ts";
import { type ImporterStage, importerStages, REASON } from "./importer_stage.ts";
import { API, AT_HOME, AT_OFFICE, type Body, type TokenAnswer } from "./monday_stage.ts";

/** The job that deploys on Mondays may act as a narrower account; with one thing off it may not. */

const onStage = importerStages();

interface Off {
  readonly name: string;
  readonly ask: (on: ImporterStage) => Promise<TokenAnswer>;
  /** Beside the defaults: the deployer is refused the importer's token. */
  readonly event: (on: ImporterStage) => Body;
  readonly error?: string;
}

const NOT_GRANTED = "impersonation_not_granted";
const REJECTED = "own_token_rejected";
/** Whoever shows what is no token of ours here and now is nobody that we know. */
const STRANGER = { actor: { type: "workload" } };
const but = ({ step }: ImporterStage, parts: string) =>
  `access-tokens:create is not given now, from there: binding ${step} would, but for its ${parts}.`;
const withOwn = async (
  { shop, importer, own }: ImporterStage,
  more: Record<string, string> = {},
  from = AT_OFFICE,
  form: Record<string, string> = {},
) => shop.impersonate(await own(form), importer, { reason: REASON, ...more }, from);
let deny: string;

const OFFS: readonly Off[] = [
  {
    name: "without token-creator",
    ask: async (on) => {
      const { service, shop, step } = on;
      await must(service, "DELETE", `${shop.root}/role-bindings/${step}`);
      return withOwn(on);
    },
    event: () => ({ reason: NOT_GRANTED, detail: "no binding gives access-tokens:create there." }),
  },
  {
    name: "from another network",
    ask: (on) => withOwn(on, {}, AT_HOME),
    event: (on) => ({ reason: NOT_GRANTED, detail: but(on, "ipRanges"), ip: AT_HOME }),
  },
  {
    name: "from nowhere that is known",
    ask: (on) => withOwn(on, {}, "none"),
    event: (on) => ({ reason: NOT_GRANTED, detail: but(on, "ipRanges"), ip: null }),
  },
  {
    name: "when the hours are over, though its token is good",
    ask: async ({ service, shop, importer, own }) => {
      await service.setClock("2027-03-22T17:50:00+01:00");
      const token = await own();
      await service.setClock("2027-03-22T18:00:00+01:00");
      return shop.impersonate(token, importer);
    },
    event: (on) => ({ reason: NOT_GRANTED, detail: but(on, "schedule") }),
  },
  {
    name: "denied",
    ask: async (on) => {
      const { shop } = on;
      deny = await shop.bindOn("deployer", "importer", { effect: "deny" });
      return withOwn(on);
    },
    event: () => ({
      reason: NOT_GRANTED,
      detail: `access-tokens:create is denied by binding ${deny}.`,
    }),
  },
  {
    name: "with a token whose scope leaves it out",
    ask: async (on) => {
      const { shop } = on;
      await shop.bind("deployer", "viewer");
      return withOwn(on, {}, AT_OFFICE, { scope: "projects:read" });
    },
    event: () => ({ reason: NOT_GRANTED, detail: "The token's scope leaves out access-tokens:create." }),
  },
  {
    name: "for a scope that the importer does not have, though the deployer has it",
    ask: (on) => withOwn(on, { audience: API, scope: "orders:write" }),
    error: "invalid_scope",
    event: () => ({ reason: "scope_not_granted", detail: "no binding gives orders:write there." }),
  },
  {
    name: "for an API that no project registered",
    ask: (on) => withOwn(on, { audience: "https://elsewhere.example.com" }),
    error: "invalid_target",
    event: () => ({ reason: "target_not_allowed" }),
  },
  {
    name: "with a token for another audience",
    ask: (on) => withOwn(on, {}, AT_OFFICE, { audience: API }),
    event: () => ({
      reason: REJECTED,
      detail: "It was made for another audience than us.",
      actor: { type: "service_account" },
    }),
  },
  {
    name: "with a token that was revoked",
    ask: async ({ service, shop, importer, own }) => {
      const token = await own();
      await post(service, "/oauth/v2/revoke", { token }, token);
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "with a token that has expired",
    ask: async ({ service, shop, importer, own }) => {
      const token = await own();
      await service.setClock("2027-03-22T11:00:00+01:00");
      return shop.impersonate(token, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "with a token of which a letter was changed",
    ask: async ({ shop, importer, own }) => {
      const token = await own();
      return shop.impersonate(`${token.slice(0, -5)}AAAAA`, importer);
    },
    event: () => ({ reason: REJECTED, detail: "It is not good now.", ...STRANGER }),
  },
  {
    name: "as itself",
    ask: async ({ shop, deployer, own }) => {
      await shop.bind("deployer", "token-creator");
      return shop.impersonate(await own(), deployer);
    },
    event: ({ deployer }) => ({
      reason: "impersonation_chain",
      detail: "The account is in it already.",
      serviceAccountId: deployer.id,
    }),
  },
  {
    name: "back from the importer",
    ask: async ({ shop, deployer, asImporter }) => {
      await shop.bindOn("importer", "deployer");
      return shop.impersonate(await asImporter(), deployer);
    },
    event: ({ deployer, importer, step }) => ({
      reason: "impersonation_chain",
      detail: "The account is in it already.",
      serviceAccountId: deployer.id,
      actor: { type: "service_account", id: importer.id },
      act: [{ type: "service_account", id: deployer.id, bindingId: step }],
    }),
  },
  {
    name: "by a fourth step",
    ask: async ({ shop, givenAccounts, givenTokens }) => {
      const [second, third, fourth] = await givenAccounts("second", "third", "fourth");
      if (second === undefined || third === undefined || fourth === undefined) throw new Error("no chain");
      const tokens = await givenTokens([second, third]);
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
    const on = onStage();
    const answer = await ask(on);
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(await on.shop.eventOf(answer)).toMatchObject({
      action: "access_token.impersonate",
      outcome: "refused",
      actor: { type: "service_account", id: on.deployer.id },
      serviceAccountId: on.importer.id,
      ...event(on),
    });
  });
});
