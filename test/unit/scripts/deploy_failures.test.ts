import { beforeEach, describe, expect, it } from "vitest";
import { DATABASE_ID } from "../../../scripts/deploy/plan.ts";
import { type DeployWorld, deploy } from "../../../scripts/deploy/run.ts";
import { setTomlString } from "../../../scripts/deploy/toml.ts";
import { type DeployRig, expectFinished, newDeployRig } from "./deploy_rig.ts";
import { fakeWrangler } from "./fake_account.ts";

let rig: DeployRig;

beforeEach(() => {
  rig = newDeployRig();
});

describe("a failure half way", () => {
  const CALLS_OF_A_FIRST_RUN = 13;

  for (const when of ["before", "after"] as const) {
    for (let call = 1; call <= CALLS_OF_A_FIRST_RUN; call += 1) {
      it(`in call ${call}, ${when} its effect: running again ends in the same state`, async () => {
        rig.account.failure = { call, when };
        await expect(deploy(rig.world())).rejects.toThrow(/\S/);
        const sealingKey = rig.account.secrets?.get("SEALING_KEY");
        rig.account.failure = undefined;
        await deploy(rig.world());
        expectFinished(rig);
        if (sealingKey !== undefined) expect(rig.account.secrets?.get("SEALING_KEY")).toBe(sealingKey);
      });
    }
  }

  it("says what to do when the secrets may have been set without the token being shown", async () => {
    rig.account.failure = { call: 9, when: "after" };
    await expect(deploy(rig.world())).rejects.toThrow("npx wrangler secret put BOOTSTRAP_TOKEN");
  });

  it("does not deploy when wrangler took the secrets for nothing", async () => {
    const run = fakeWrangler(rig.account, () => rig.config);
    const deaf: DeployWorld["runWrangler"] = (args, options) =>
      run(args, args[1] === "bulk" ? { ...options, input: "{}" } : options);
    await expect(deploy({ ...rig.world(), runWrangler: deaf })).rejects.toThrow(
      /^Wrangler did not set BOOTSTRAP_TOKEN/,
    );
    expect(rig.account.deployments).toEqual([]);
  });
});

describe("what a person must mend", () => {
  it.each<[string, () => void, RegExp]>([
    [
      "not logged in",
      () => {
        rig.account.isLoggedIn = false;
      },
      /npx wrangler login/,
    ],
    [
      "another account's database",
      () => {
        rig.config = setTomlString(rig.config, DATABASE_ID, "99999999-0000-4000-8000-000000000000");
      },
      /names the D1 database 99999999.*CLOUDFLARE_ACCOUNT_ID/,
    ],
    [
      "no URL to be found",
      () => {
        rig.account.targets = [];
      },
      /Write the origin .* as ISSUER_URL/,
    ],
    [
      "nowhere to store accounts",
      () => {
        rig.config = rig.config.replace("[[d1_databases]]", "[[gone]]");
      },
      /secret LIBSQL_URL is not set/,
    ],
    [
      "a binding taken out",
      () => {
        rig.config = rig.config.replace("JWKS_CACHE", "GONE");
      },
      /no \[\[kv_namespaces\]\]/,
    ],
  ])("%s", async (_name, arrange, message) => {
    arrange();
    await expect(deploy(rig.world())).rejects.toThrow(message);
  });

  it("an API token needs no login", async () => {
    rig.account.isLoggedIn = false;
    await deploy(rig.world({ CLOUDFLARE_API_TOKEN: "token" }));
    expectFinished(rig);
  });
});
