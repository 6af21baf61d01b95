/**
 * May this actor do this here: the permissions, and one pure decision.
 * Data in, verdict out; awaits nothing and reads no database.
 */
export { authorize, type Resource } from "./authorize.ts";
export { PERMISSIONS, type Permission } from "./permissions.ts";
export { mayKnowToken, mayRevokeToken, type TokenPlace } from "./tokens.ts";
