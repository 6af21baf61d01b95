/** Every permission of the built-in resource server: one for each verb of `/v1`. */
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
  "audit-events:read": "Read a project's record",
  "audit-events:list": "Read the whole record, beyond any project",
  "signing-keys:read": "Read the states of our signing keys",
  "signing-keys:rotate": "Publish a successor to the signing key",
} as const;

export type Permission = keyof typeof PERMISSIONS;
