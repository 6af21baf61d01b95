/**
 * Who exists: projects, service accounts and whom they trust; one file of verbs per resource.
 * A verb reads in one batch, asks `rbac`, decides, and commits statements and event in one batch.
 */
export { listProjectAuditEvents, listServiceAuditEvents } from "./audit_events.ts";
export { noteExpiring } from "./expiring.ts";
export {
  createProvider,
  deleteProvider,
  getProvider,
  listProviders,
  type ProviderChange,
  type ProviderInput,
  type ProviderItem,
  purgeProviderKeys,
  updateProvider,
} from "./federated_identity_providers.ts";
export {
  createKey,
  deleteKey,
  getKey,
  type KeyChange,
  type KeyFile,
  type KeyInput,
  type KeyItem,
  listKeys,
  publicKeysOf,
  updateKey,
} from "./keys.ts";
export { type LeakReport, reportLeaked } from "./leaked_credentials.ts";
export {
  createProjectToken,
  deleteProjectToken,
  getProjectToken,
  listProjectTokens,
  type ProjectTokenInput,
  type ProjectTokenItem,
  regenerateProjectToken,
  renameProjectToken,
} from "./project_tokens.ts";
export {
  createProject,
  deleteProject,
  getProject,
  listProjects,
  type ProjectChange,
  type ProjectInput,
  type ProjectItem,
  updateProject,
} from "./projects.ts";
export {
  createResourceServer,
  deleteResourceServer,
  getResourceServer,
  listResourceServers,
  type ResourceServerChange,
  type ResourceServerInput,
  type ResourceServerItem,
  updateResourceServer,
} from "./resource_servers.ts";
export {
  createRevocation,
  getRevocation,
  listRevocations,
  type RevocationInput,
  type RevocationItem,
} from "./revocations.ts";
export {
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
  type ServiceAccountChange,
  type ServiceAccountInput,
  type ServiceAccountItem,
  updateServiceAccount,
} from "./service_accounts.ts";
export { getSigningKeys, rotateSigningKeys } from "./signing_keys.ts";
export { introspectToken, revokeToken } from "./tokens.ts";
export type { Labels, LabelsChange, Stored } from "./versioned.ts";
