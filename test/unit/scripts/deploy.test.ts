import { beforeEach, describe, expect, it } from "vitest";
import { DATABASE_ID, ISSUER_URL, NAMESPACE_ID } from "../../../scripts/deploy/plan.ts";
import { deploy, rehearse } from "../../../scripts/deploy/run.ts";
import { getTomlString, setTomlString } from "../../../scripts/deploy/toml.ts";
import { type DeployRig, expectFinished, FRESH_CONFIG, newDeployRig } from "./deploy_rig.ts";
import { WORKERS_DEV_URL } from "./fake_account.ts";

let rig: DeployRig;

beforeEach(() => {
  rig = newDeployRig();
});

describe("the first deployment", () => {
  it("makes everything, and lets no Worker run without its secrets and its tables", async () => {
    await deploy(rig.world());
    expect(rig.commands()).toEqual([
      "whoami --json",
      "d1 list --json",
      "kv namespace list",
      "secret list --format json",
      "d1 create countersign --update-config=false",
      "d1 list --json",
      "kv namespace create countersign-JWKS_CACHE --update-config=false",
      "kv namespace list",
      "secret bulk",
      "secret list --format json",
      "d1 migrations apply DB --remote",
      "deploy",
      "deploy",
    ]);
    expectFinished(rig);
  });

  it("writes the ids and the URL into wrangler.toml and changes nothing else there", async () => {
    await deploy(rig.world());
    const [before, after] = [FRESH_CONFIG.split("\n"), rig.config.split("\n")];
    expect(after.filter((line, index) => line !== before[index])).toEqual([
      `ISSUER_URL = "${WORKERS_DEV_URL}"`,
      `database_id = "${rig.account.databases[1]?.uuid}"`,
      `id = "${rig.account.namespaces[1]?.id}"`,
    ]);
  });

  it("shows the new bootstrap token once, and no secret anywhere else", async () => {
    await deploy(rig.world());
    const output = rig.printed.join("\n");
    const token = rig.account.secrets?.get("BOOTSTRAP_TOKEN") ?? "";
    expect(token).toMatch(/^csb_.{43}$/);
    expect(output.split(token)).toHaveLength(2);
    for (const name of ["SEALING_KEY", "PROJECT_TOKEN_KEY"])
      expect(output).not.toContain(rig.account.secrets?.get(name));
    for (const secret of rig.account.secrets?.values() ?? []) {
      expect(rig.commands().join("\n")).not.toContain(secret);
      expect(rig.config).not.toContain(secret);
    }
  });

  it("prints the URL and the next step", async () => {
    await deploy(rig.world());
    expect(rig.printed.at(-1)).toContain(`countersign runs at ${WORKERS_DEV_URL}`);
    expect(rig.printed.at(-1)).toContain(`${WORKERS_DEV_URL}/v1/projects`);
  });

  it("takes secrets from the environment, and does not print those", async () => {
    const SEALING_KEY = "k".repeat(43);
    const BOOTSTRAP_TOKEN = "t".repeat(43);
    await deploy(rig.world({ SEALING_KEY, BOOTSTRAP_TOKEN }));
    expect(rig.account.secrets?.get("SEALING_KEY")).toBe(SEALING_KEY);
    expect(rig.account.secrets?.get("BOOTSTRAP_TOKEN")).toBe(BOOTSTRAP_TOKEN);
    expect(rig.printed.join("\n")).not.toMatch(/k{43}|t{43}/);
  });

  it("refuses a secret from the environment that the Worker would refuse", async () => {
    await expect(deploy(rig.world({ SEALING_KEY: "short" }))).rejects.toThrow(
      /^SEALING_KEY in the environment needs 32/,
    );
    expect(rig.account.secrets).toBeUndefined();
  });

  it("keeps an ISSUER_URL that somebody chose, and deploys once", async () => {
    rig.config = setTomlString(rig.config, ISSUER_URL, "https://sts.example.com");
    await deploy(rig.world());
    expect(getTomlString(rig.config, ISSUER_URL)).toBe("https://sts.example.com");
    expect(rig.account.deployments).toHaveLength(1);
  });

  it("does not take over a stranger's namespace of the binding's name", async () => {
    await deploy(rig.world());
    expect(rig.config).not.toContain("b".repeat(32));
  });
});

describe("running again", () => {
  it("changes nothing, and deploys", async () => {
    await deploy(rig.world());
    const [before, secretsBefore] = [rig.config, new Map(rig.account.secrets)];
    rig.account.calls.length = 0;
    rig.printed.length = 0;
    await deploy(rig.world());
    expect(rig.commands()).toEqual([
      "whoami --json",
      "d1 list --json",
      "kv namespace list",
      "secret list --format json",
      "d1 migrations apply DB --remote",
      "deploy",
    ]);
    expect(rig.config).toBe(before);
    expect(rig.account.secrets).toEqual(secretsBefore);
    expect(rig.printed.join("\n")).not.toContain("csb_");
  });

  it("never sets a SEALING_KEY again, whatever else is missing or in the environment", async () => {
    rig.account.secrets = new Map([["SEALING_KEY", "the one that sealed"]]);
    await deploy(rig.world({ SEALING_KEY: "another".repeat(9) }));
    expect(rig.account.secrets.get("SEALING_KEY")).toBe("the one that sealed");
    expect(rig.account.calls.map(({ input }) => input ?? "").join()).not.toContain("SEALING_KEY");
    expectFinished(rig);
  });

  it("takes a failure to list the secrets for what it is, not for a Worker without any", async () => {
    rig.account.secrets = new Map([["SEALING_KEY", "the one that sealed"]]);
    rig.account.failure = { call: 4, when: "before" };
    await expect(deploy(rig.world())).rejects.toThrow(
      /^The secrets could not be listed\. Wrangler says:\n {2}.*fetch failed/,
    );
    expect([...rig.account.secrets.keys()]).toEqual(["SEALING_KEY"]);
  });

  it("uses a database and a namespace of our names that are there already", async () => {
    rig.account.databases.push({ uuid: "ffffffff-0000-4000-8000-000000000000", name: "countersign" });
    rig.account.namespaces.push({ id: "f".repeat(32), title: "countersign-JWKS_CACHE" });
    await deploy(rig.world());
    expect(rig.commands().filter((command) => command.includes("create"))).toEqual([]);
    expect(getTomlString(rig.config, DATABASE_ID)).toBe("ffffffff-0000-4000-8000-000000000000");
    expect(getTomlString(rig.config, NAMESPACE_ID)).toBe("f".repeat(32));
  });

  it("leaves D1 alone when the Worker has a LIBSQL_URL", async () => {
    rig.account.secrets = new Map([["LIBSQL_URL", "libsql://db"]]);
    await deploy(rig.world());
    expect(rig.commands()).not.toContain("d1 migrations apply DB --remote");
    expect(rig.printed.join("\n")).toContain("npm run migrate:libsql");
  });
});

describe("--dry-run", () => {
  it("tells the steps, builds, and neither asks nor changes the account", async () => {
    await rehearse(rig.world());
    expect(rig.commands()).toEqual(["deploy --dry-run"]);
    expect(rig.config).toBe(FRESH_CONFIG);
    expect(rig.printed.join("\n")).toContain('make the D1 database "countersign"');
    expect(rig.printed.join("\n")).toContain(
      "set the secrets BOOTSTRAP_TOKEN, SEALING_KEY, PROJECT_TOKEN_KEY",
    );
  });
});
