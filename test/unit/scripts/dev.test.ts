import { describe, expect, it } from "vitest";
import { missingDevVars, newDevVars, parseDevVars } from "../../../scripts/dev/dev_vars.ts";
import { readDevOptions } from "../../../scripts/dev/options.ts";
import { firstCurl, originOf, planDev } from "../../../scripts/dev/plan.ts";

const COMPLETE = {
  ENVIRONMENT: "development",
  BOOTSTRAP_TOKEN: "b",
  SEALING_KEY: "s",
  PROJECT_TOKEN_KEY: "p",
};

describe("the command lines of npm run dev", () => {
  it("binds loopback at 8787, and says so as the issuer", () => {
    expect(plan([])).toEqual({
      migrateArgs: ["d1", "migrations", "apply", "DB", "--local"],
      devArgs: [
        "dev",
        "--var",
        "ISSUER_URL:http://127.0.0.1:8787",
        "--ip",
        "127.0.0.1",
        "--port",
        "8787",
        "--show-interactive-dev-session=false",
      ],
    });
  });

  it.each<[string, string[], Record<string, string>, string]>([
    ["PORT", [], { PORT: "9000" }, "9000"],
    ["--port before PORT", ["--port", "9001"], { PORT: "9000" }, "9001"],
    ["--port=", ["--port=9002"], {}, "9002"],
    ["the last of several", ["--port=1", "--port", "9003"], {}, "9003"],
    ["no PORT when it is empty", [], { PORT: "" }, "8787"],
  ])("takes the port from %s", (_name, args, env, port) => {
    const { devArgs } = plan(args, { env });
    expect(wordsAfter(devArgs, "--port")).toEqual([port]);
    expect(devArgs).toContain(`ISSUER_URL:http://127.0.0.1:${port}`);
  });

  it.each(["x", "65536", "-1", "80.5"])("refuses %s as a port", (port) => {
    expect(() => readDevOptions([`--port=${port}`], {})).toThrow("The port must be a number from 0 to 65535");
  });

  it.each([[["--persist-to", "data"]], [["--persist-to=data"]], [["--persistTo", "data"]]])(
    "migrates and serves in the same folder: %j",
    (args) => {
      const { devArgs, migrateArgs } = plan(args);
      expect(wordsAfter(devArgs, "--persist-to")).toEqual(["/home/p/data"]);
      expect(wordsAfter(migrateArgs ?? [], "--persist-to")).toEqual(["/home/p/data"]);
    },
  );

  it("passes everything else on, unchanged and in order", () => {
    const rest = ["--test-scheduled", "--log-level", "debug", "src/index.ts"];
    expect(plan([...rest.slice(0, 1), "--port", "9000", ...rest.slice(1)]).devArgs.slice(-4)).toEqual(rest);
  });

  it("binds what the person says", () => {
    expect(wordsAfter(plan(["--ip", "0.0.0.0"]).devArgs, "--ip")).toEqual(["0.0.0.0"]);
  });

  it("leaves a terminal its keys, and a choice its maker", () => {
    const flag = "--show-interactive-dev-session=false";
    expect(plan([], { isTerminal: true }).devArgs).not.toContain(flag);
    expect(plan(["--show-interactive-dev-session"]).devArgs).not.toContain(flag);
  });

  it.each([["--help"], ["-h"], ["--version"]])("knows that %s asks for no server", (arg) => {
    expect(readDevOptions([arg], {}).isHelp).toBe(true);
  });
});

describe("variables", () => {
  it.each([
    ["--var NAME:value", ["--var", "ISSUER_URL:http://127.0.0.1:9000"]],
    ["--var=NAME:value", ["--var=ISSUER_URL:http://127.0.0.1:9000"]],
    ["the second word after --var", ["--var", "A:1", "ISSUER_URL:http://127.0.0.1:9000", "--live-reload"]],
  ])("adds no ISSUER_URL to the person's own: %s", (_name, args) => {
    const given = plan(args).devArgs.filter((arg) => arg.includes("ISSUER_URL:"));
    expect(given).toEqual([expect.stringContaining("ISSUER_URL:http://127.0.0.1:9000")]);
  });

  it("takes no word for a variable that follows another option", () => {
    expect([...readDevOptions(["--var", "A:b:c", "--host", "ISSUER_URL:x"], {}).vars]).toEqual([
      ["A", "b:c"],
    ]);
  });

  it.each<[string, string[], Record<string, string>, string[]]>([
    ["none that .dev.vars has", [], { ...COMPLETE, ISSUER_URL: "http://sts.test" }, []],
    ["ENVIRONMENT where .dev.vars lacks it", [], { ISSUER_URL: "x" }, ["ENVIRONMENT:development"]],
    ["no ENVIRONMENT to the person's", ["--var=ENVIRONMENT:production"], { ISSUER_URL: "x" }, []],
  ])("adds %s", (_name, args, devVars, expected) => {
    expect(wordsAfter(plan(args, { devVars }).devArgs, "--var")).toEqual(expected);
  });

  it.each<[string, string[], Record<string, string>, boolean]>([
    ["D1 without LIBSQL_URL", [], COMPLETE, true],
    ["D1 when it is empty", [], { ...COMPLETE, LIBSQL_URL: "" }, true],
    ["not D1 with it in .dev.vars", [], { ...COMPLETE, LIBSQL_URL: "http://127.0.0.1:8080" }, false],
    ["not D1 with it as --var", ["--var", "LIBSQL_URL:http://127.0.0.1:8080"], COMPLETE, false],
    ["D1 when --var takes it away", ["--var", "LIBSQL_URL:"], { ...COMPLETE, LIBSQL_URL: "x" }, true],
  ])("migrates %s", (_name, args, devVars, migratesD1) => {
    expect(plan(args, { devVars }).migrateArgs !== undefined).toBe(migratesD1);
  });
});

describe("originOf", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:8787"],
    ["0.0.0.0", "http://127.0.0.1:8787"],
    ["[::]", "http://127.0.0.1:8787"],
    ["::1", "http://[::1]:8787"],
    ["[::1]", "http://[::1]:8787"],
    ["localhost", "http://localhost:8787"],
  ])("%s", (ip, origin) => {
    expect(originOf({ ip, protocol: "http" }, 8787)).toBe(origin);
  });

  it("follows --local-protocol", () => {
    expect(originOf(readDevOptions(["--local-protocol=https"], {}), 1)).toBe("https://127.0.0.1:1");
  });
});

describe("the first curl", () => {
  it("reads the token, and does not show it", () => {
    expect(firstCurl("http://127.0.0.1:8787", ".dev.vars")).toBe(
      `curl -H "Authorization: Bearer $(sed -n 's/^BOOTSTRAP_TOKEN=//p' .dev.vars)" ` +
        `-H 'content-type: application/json' -d '{"name":"shop"}' http://127.0.0.1:8787/v1/projects`,
    );
  });

  it("quotes a folder that a shell would take apart", () => {
    expect(firstCurl("x", "/a b/it's/.dev.vars")).toContain(`'/a b/it'\\''s/.dev.vars'`);
  });
});

describe(".dev.vars", () => {
  it("begins with all secrets, in development", () => {
    const text = newDevVars(random());
    expect(parseDevVars(text)).toEqual({
      ENVIRONMENT: "development",
      BOOTSTRAP_TOKEN: "csb_secret1",
      SEALING_KEY: "secret2",
      PROJECT_TOKEN_KEY: "secret3",
    });
    expect(missingDevVars(text, random())).toEqual({ added: [], addition: "" });
  });

  it.each<[string, string, string[], string]>([
    [
      "a line that does not end",
      "SEALING_KEY=mine\nBOOTSTRAP_TOKEN=mine",
      ["PROJECT_TOKEN_KEY"],
      "\nPROJECT_TOKEN_KEY=secret1\n",
    ],
    [
      "nothing",
      "",
      ["BOOTSTRAP_TOKEN", "SEALING_KEY", "PROJECT_TOKEN_KEY"],
      "BOOTSTRAP_TOKEN=csb_secret1\nSEALING_KEY=secret2\nPROJECT_TOKEN_KEY=secret3\n",
    ],
    [
      "an empty value, which is a decision",
      "BOOTSTRAP_TOKEN=\nSEALING_KEY='x'\nPROJECT_TOKEN_KEY=\"y\"",
      [],
      "",
    ],
    [
      "a line that is commented out",
      "#BOOTSTRAP_TOKEN=x\nSEALING_KEY=x\nPROJECT_TOKEN_KEY=y\n",
      ["BOOTSTRAP_TOKEN"],
      "BOOTSTRAP_TOKEN=csb_secret1\n",
    ],
  ])("is completed after %s", (_name, text, added, addition) => {
    expect(missingDevVars(text, random())).toEqual({ added, addition });
  });
});

interface Surroundings {
  readonly env?: Record<string, string>;
  readonly devVars?: Record<string, string>;
  readonly isTerminal?: boolean;
}

function plan(
  args: readonly string[],
  { env = {}, devVars = COMPLETE, isTerminal = false }: Surroundings = {},
) {
  const options = readDevOptions(args, env);
  return planDev(options, { port: options.port, cwd: "/home/p", isTerminal, devVars });
}

/** The words that follow each occurrence of an option. */
function wordsAfter(args: readonly string[], option: string): (string | undefined)[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1]] : []));
}

function random(): () => string {
  let count = 0;
  return () => `secret${++count}`;
}
