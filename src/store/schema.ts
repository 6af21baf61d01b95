/** The tables as `migrations/` makes them; a test of `test/store` holds the two against each other. */
export { issuedEmail, project, resourceServer, serviceAccount } from "./schema/accounts.ts";
export { auditEvent } from "./schema/audit_event.ts";
export {
  federatedIdentityProvider,
  keyPurge,
  projectToken,
  serviceAccountKey,
  spentAssertion,
  trustUse,
} from "./schema/credentials.ts";
export { watchedIssuer } from "./schema/issuers.ts";
export { identityProvider, role, roleBinding } from "./schema/roles.ts";
export { accessToken, revocation, revokedToken, signingKey } from "./schema/tokens.ts";
