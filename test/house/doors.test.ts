import { describe, expect, it } from "vitest";
import { sourceFiles, sourceOf, withoutComments } from "./imports.ts";

/** What only certain files may do, as the text that does it. */
const DOORS: readonly (readonly [what: string, pattern: RegExp, allowed: readonly string[]])[] = [
  ["run a batch", /\bdb\s*\.batch\(/, ["audit/commit.ts", "store/database.ts"]],
  [
    "run a single statement",
    /\bdb\s*\.(?:run|all|get|values)\(|\bawait\s+[\w.]*db\s*\./,
    ["audit/commit.ts", "store/database.ts"],
  ],
  ["fetch from strangers", /\bdeps\s*\.fetch\(|(?<![.\w])fetch\(/, ["trust/jwks.ts", "app.ts", "index.ts"]],
  [
    "open or make a private key",
    /\bsubtle\s*\.decrypt\(|\bgenerateKeyPair\(|\bunseal\(|\bimportPKCS8\(/,
    [
      "keyring/account_keys.ts",
      "keyring/seal.ts",
      "keyring/generate.ts",
      "keyring/leaked_keys.ts",
      "keyring/reseal.ts",
      "keyring/sign.ts",
    ],
  ],
  ["read the environment", /\benv\s*\.[A-Z]/, ["app.ts", "config.ts"]],
  ["look at the clock", /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, ["app.ts"]],
  ["roll dice", /\bMath\.random\(/, []],
  ["write to the console", /\bconsole\s*\./, ["app.ts", "index.ts"]],
];

/** Lines to paste are a template's data: somebody else's program runs them. */
function runnable(file: string): string {
  const source = withoutComments(sourceOf(file));
  return file.startsWith("trust/templates/") ? source.replaceAll(/text: `[^`]*`/g, "") : source;
}

describe.each(DOORS)("only its doors %s", (_what, pattern, allowed) => {
  it("nobody else does", () => {
    const found = sourceFiles().filter((file) => pattern.test(runnable(file)));
    expect(found.filter((file) => !allowed.includes(file))).toEqual([]);
  });

  it.each(allowed)("%s still does, or stands here in vain", (file) => {
    expect(withoutComments(sourceOf(file))).toMatch(pattern);
  });
});
