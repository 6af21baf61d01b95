/**
 * Who exists: projects, service accounts and whom they trust; one file of verbs per resource.
 * A verb reads in one batch, asks `rbac`, decides, and commits statements and event in one batch.
 */

export { attempt } from "./attempt.ts";
export { listProjectAuditEvents, listServiceAuditEvents } from "./audit_events.ts";
export {
  createRoleBinding,
  deleteRoleBinding,
  getRoleBinding,
  listRoleBindings,
  updateRoleBinding,
} from "./bindings/role_bindings.ts";
export { createRole, deleteRole, getRole, listRoles, updateRole } from "./bindings/roles.ts";
export type { Stored } from "./etag.ts";
export { noteExpiring } from "./expiry_notes.ts";
export {
  createProvider,
  deleteProvider,
  getProvider,
  listProviders,
  purgeProviderKeys,
  updateProvider,
} from "./federated_identity_providers.ts";
export {
  createIdentityProvider,
  deleteIdentityProvider,
  getIdentityProvider,
  listIdentityProviders,
  updateIdentityProvider,
} from "./identity_providers.ts";
export { listIssuers } from "./issuers/issuers.ts";
export { hasNoted, noteToken, noteVanished } from "./issuers/note_token.ts";
export { watchIssuers } from "./issuers/watch_keys.ts";
export { createKey, deleteKey, getKey, listKeys, publicKeysOf, updateKey } from "./keys.ts";
export { reportLeaked } from "./leaked_credentials.ts";
export {
  type AccountRef,
  locateProvider,
  locateServiceAccount,
  type MemberRef,
} from "./locate.ts";
export { placeInAccount, placeOfAccount } from "./places.ts";
export {
  createProjectToken,
  deleteProjectToken,
  getProjectToken,
  listProjectTokens,
  regenerateProjectToken,
  updateProjectToken,
} from "./project_tokens.ts";
export { createProject, deleteProject, getProject, listProjects, updateProject } from "./projects.ts";
export type { ReceiptItem } from "./receipts/receipt_item.ts";
export { getReceipt, listReceipts, receiptOfRow } from "./receipts/receipts.ts";
export { simulateProvider } from "./receipts/simulate.ts";
export {
  createResourceServer,
  deleteResourceServer,
  getResourceServer,
  listResourceServers,
  updateResourceServer,
} from "./resource_servers.ts";
export { listAccess, listUnowned, listUnused, type Reviewed } from "./review/access_review.ts";
export { listMembers } from "./review/members.ts";
export { createRevocation, getRevocation, listRevocations } from "./revocations.ts";
export {
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
  updateServiceAccount,
} from "./service_accounts.ts";
export { getSigningKeys, rotateSigningKeys } from "./signing_keys.ts";
export { introspectToken, revokeToken } from "./tokens.ts";
