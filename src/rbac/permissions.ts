/**
 * Every permission of the built-in resource server: of each verb of `/v1`, though one that only reads may share another's,
 * as members do that of role bindings; and `access-evaluations:create`, which asks at `/access`.
 */
export const PERMISSIONS = {
  "projects:create": "Create projects",
  "projects:list": "List all projects",
  "projects:read": "Read a project",
  "projects:update": "Change, rename, disable a project",
  "projects:delete": "Delete a project and all that it holds",
  "service-accounts:create": "Create service accounts in a project",
  "service-accounts:read": "Read service accounts",
  "service-accounts:update": "Change, rename, disable service accounts",
  "service-accounts:delete": "Delete service accounts",
  "federated-identity-providers:create": "Let a service account trust an issuer",
  "federated-identity-providers:read": "Read whom a service account trusts",
  "federated-identity-providers:update": "Change whom a service account trusts",
  "federated-identity-providers:delete": "End a trust",
  "federated-identity-providers:purge-keys": "Forget an issuer's cached keys",
  "service-account-keys:create": "Register a key for a service account, or have one made",
  "service-account-keys:read": "Read which keys a service account has",
  "service-account-keys:update": "Switch a key on or off, change its validUntil",
  "service-account-keys:delete": "Delete a key",
  "project-tokens:create": "Make a project token",
  "project-tokens:read": "Read which project tokens a service account has, never the tokens",
  "project-tokens:update": "Rename a project token",
  "project-tokens:regenerate": "Make a project token anew; the old one is dead",
  "project-tokens:delete": "Revoke a project token",
  "resource-servers:create": "Register an API that accepts our tokens",
  "resource-servers:read": "Read which APIs are registered",
  "resource-servers:update": "Change an API's registration",
  "resource-servers:delete": "End an API's registration",
  "roles:create": "Make a role of the project's own",
  "roles:read": "Read which roles there are",
  "roles:update": "Change what a role permits",
  "roles:delete": "Delete a role",
  "role-bindings:create": "Give or deny a role to somebody on something",
  "role-bindings:read": "Read who may do what, and who is a member",
  "role-bindings:update": "Change when a role binding holds",
  "role-bindings:delete": "Take a role binding back",
  "access-tokens:create": "Get tokens of a service account: impersonate it",
  "access-evaluations:create": "Ask whether somebody may do something on an API",
  "access-reviews:read": "Review who can reach what, and what is not used",
  "identity-providers:create": "Accept the ID tokens of an issuer as persons",
  "identity-providers:read": "Read whose ID tokens are accepted",
  "identity-providers:update": "Change whose ID tokens are accepted",
  "identity-providers:delete": "Accept an issuer's persons no more",
  "revocations:create": "Take back many tokens of a project at once",
  "revocations:read": "Read which tokens of a project were taken back together",
  "leaked-credentials:report": "Report leaked credentials of any project; those that are ours are revoked",
  "audit-events:read": "Read a project's record",
  "audit-events:list": "Read the whole record, beyond any project",
  "signing-keys:read": "Read the states of our signing keys",
  "signing-keys:rotate": "Publish a successor to the signing key",
} as const;

export type Permission = keyof typeof PERMISSIONS;

/** Whether a text names one of ours: no API may have a permission of the same name. */
export function isPermission(text: string): text is Permission {
  return Object.hasOwn(PERMISSIONS, text);
}
