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
  describe("conformance", () => {
    it.skip("public vectors are not here: put C2SP/wycheproof, RFC 7520 and nst/JSONTestSuite into ../shared/vectors", () =>
      undefined);
  });
}
