import { describe, it } from "vitest";
import { describeJsonInputs } from "./json_inputs.ts";
import { describeKeys } from "./keys.ts";
import { describeSignatures } from "./signatures.ts";
import { describeTokens } from "./tokens.ts";
import { hasVectors } from "./vectors.ts";

if (hasVectors) {
  await describeTokens();
  describeKeys();
  await describeSignatures();
  describeJsonInputs();
} else {
  // A skipped test's name is not printed; this is, so that nobody takes silence for a pass.
  console.warn(
    "Public vectors are not here, so trust/ was not held against them: put C2SP/wycheproof, RFC 7520 and nst/JSONTestSuite into ../shared/vectors.",
  );
  describe("conformance", () => {
    it.skip("public vectors are not here: put C2SP/wycheproof, RFC 7520 and nst/JSONTestSuite into ../shared/vectors", () =>
      undefined);
  });
}
