import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { DATABASE_ID, ISSUER_URL, NAMESPACE_ID } from "../../../scripts/deploy/plan.ts";
import type { DeployWorld } from "../../../scripts/deploy/run.ts";
import { getTomlString, setTomlString } from "../../../scripts/deploy/toml.ts";
import { type FakeAccount, fakeWrangler, newFakeAccount, WORKERS_DEV_URL } from "./fake_account.ts";

const SECRETS = ["BOOTSTRAP_TOKEN", "PROJECT_TOKEN_KEY", "SEALING_KEY"];

/** wrangler.toml as in a fresh clone, whatever this checkout was deployed to. */
export const FRESH_CONFIG = [
  { place: DATABASE_ID, value: "00000000-0000-0000-0000-000000000000" },
  { place: NAMESPACE_ID, value: "00000000000000000000000000000000" },
  { place: ISSUER_URL, value: "" },
].reduce(
  (text, { place, value }) => setTomlString(text, place, value),
  readFileSync(new URL("../../../wrangler.toml", import.meta.url), "utf8"),
);

/** One person's checkout and account, and what they have seen. */
export interface DeployRig {
  readonly account: FakeAccount;
  config: string;
  readonly printed: string[];
  readonly world: (env?: Record<string, string>) => DeployWorld;
  readonly commands: () => string[];
}

export function newDeployRig(): DeployRig {
  let secretCount = 0;
  const rig: DeployRig = {
    account: newFakeAccount(),
    config: FRESH_CONFIG,
    printed: [],
    world: (env = {}) => ({
      runWrangler: fakeWrangler(rig.account, () => rig.config),
      readConfig: async () => rig.config,
      writeConfig: async (text) => {
        rig.config = text;
      },
      randomSecret: () => String(++secretCount).padStart(43, "r"),
      say: (line) => rig.printed.push(line),
      env,
    }),
    commands: () => rig.account.calls.map(({ args }) => args.join(" ")),
  };
  return rig;
}

/** Everything is there, and each Worker that ever ran had its secrets and its tables. */
export function expectFinished({ account, config }: DeployRig): void {
  const names = [...(account.secrets?.keys() ?? [])].sort();
  expect(names).toEqual(SECRETS);
  expect(account.databases.map(({ name }) => name)).toEqual(["somebody-elses", "countersign"]);
  expect(account.namespaces.map(({ title }) => title)).toEqual(["JWKS_CACHE", "countersign-JWKS_CACHE"]);
  expect(getTomlString(config, DATABASE_ID)).toBe(account.databases[1]?.uuid);
  expect(getTomlString(config, NAMESPACE_ID)).toBe(account.namespaces[1]?.id);
  expect(getTomlString(config, ISSUER_URL)).toBe(WORKERS_DEV_URL);
  expect(account.deployments.at(-1)?.config).toBe(config);
  for (const { secrets, isMigrated } of account.deployments) {
    expect([...secrets].sort()).toEqual(SECRETS);
    expect(isMigrated).toBe(true);
  }
}
