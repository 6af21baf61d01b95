import { afterAll, beforeAll, beforeEach } from "vitest";
import { type ForeignIssuer, startForeignIssuer } from "../support/foreign_issuer.ts";
import { type ClockedWorker, startClockedWorker } from "./clocked_worker.ts";
import { type Account, CONDITION, givenShop, MONDAY, tokenOf } from "./monday_stage.ts";

export const REASON = "INC-4711: replay the stuck orders";

/** A deployer that may act as the narrower importer, on Mondays from the office, and what a test does with both. */
async function givenImporter(service: ClockedWorker, issuer: ForeignIssuer) {
  const shop = await givenShop(service, issuer);
  const deployer = await shop.account("deployer");
  const importer = await shop.account("importer");
  await shop.account("shelf");
  await shop.bindOnApi("deployer", "order-deployer", { condition: CONDITION });
  await shop.bindOnApi("importer", "order-reader");
  const onShelf = { resource: { type: "service_account", serviceAccount: "shelf" } };
  await shop.bind("importer", "service-account-admin", onShelf);
  /** The binding that lets the deployer act as the importer. */
  const step = await shop.bindOn("deployer", "importer", { condition: CONDITION });

  const own = (more: Record<string, string> = {}) => tokenOf(shop.deploy(deployer, more));
  const asImporter = async (more: Record<string, string> = {}) =>
    tokenOf(shop.impersonate(await own(), importer, { reason: REASON, ...more }));

  /** Accounts behind the importer; the one before may act as each. Bound first: a token's scope is from its day. */
  async function givenAccounts(...names: readonly string[]): Promise<readonly Account[]> {
    const accounts: Account[] = [];
    for (const [index, name] of names.entries()) {
      accounts.push(await shop.account(name));
      await shop.bindOn(names[index - 1] ?? "importer", name);
    }
    return accounts;
  }

  /** The deployer's token, the importer's by it, and so on. */
  async function givenTokens(accounts: readonly Account[]): Promise<readonly string[]> {
    const tokens = [await own()];
    for (const account of [importer, ...accounts])
      tokens.push(await tokenOf(shop.impersonate(tokens.at(-1) ?? "", account)));
    return tokens;
  }

  return { service, shop, deployer, importer, step, own, asImporter, givenAccounts, givenTokens };
}
export type ImporterStage = Awaited<ReturnType<typeof givenImporter>>;

/** A service for a file of tests, and for each of them a stage of its own, on a Monday; answers that of this test. */
export function importerStages(): () => ImporterStage {
  let service: ClockedWorker;
  let issuer: ForeignIssuer;
  let stage: ImporterStage;
  beforeAll(async () => {
    [service, issuer] = await Promise.all([startClockedWorker(MONDAY), startForeignIssuer()]);
  });
  afterAll(async () => {
    await Promise.all([service.close(), issuer.close()]);
  });
  beforeEach(async () => {
    await service.setClock(MONDAY);
    stage = await givenImporter(service, issuer);
  });
  return () => stage;
}
