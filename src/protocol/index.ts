/**
 * The vocabulary: names that standards fix, reasons that we give, and the shape of a verdict.
 * Imports nothing and knows nobody; every other room speaks these words.
 */
export * from "./act.ts";
export * from "./actor.ts";
export * from "./limits.ts";
export * from "./oauth.ts";
export * from "./person.ts";
export * from "./problems.ts";
export * from "./receipt.ts";
export * from "./refusals.ts";
export * from "./result.ts";
export * from "./revocation.ts";
export * from "./role_binding.ts";
export * from "./time.ts";
export * from "./trust.ts";
export * from "./values.ts";
