/** Trusts of one account. An exchange tries those in one issuer, so their number bounds its work. */
export const PROVIDERS_PER_ACCOUNT_MAX = 100;

/** Patterns of one trust: they are tried before anybody has vouched for what they are tried on. */
export const GLOBS_PER_TRUST_MAX = 10;

/** Members of a claim that is a list which a pattern is tried on. */
export const GLOB_MEMBERS_MAX = 100;

/** Assertions of one trust. */
export const ASSERTIONS_MAX = 50;

/** Labels of one resource. */
export const LABELS_MAX = 64;

/** Keys of one account: enough to rotate, few enough to know each. As STACKIT has it. */
export const KEYS_PER_ACCOUNT_MAX = 10;

/** Project tokens of one account that are not revoked. */
export const PROJECT_TOKENS_PER_ACCOUNT_MAX = 50;

/** From when on a key or a project token is said to expire soon. */
export const EXPIRES_SOON_SECONDS = 30 * 24 * 3600;

/** Longest life of a self-signed assertion in seconds: STACKIT's Go SDK signs for an hour. */
export const ASSERTION_MAX_SECONDS = 3600;

/** Permissions of one API, or of one role. */
export const PERMISSIONS_MAX = 200;

/** Roles that one project makes for itself. */
export const ROLES_PER_PROJECT_MAX = 200;

/** Role bindings of one project. */
export const ROLE_BINDINGS_PER_PROJECT_MAX = 20_000;

/** Role bindings of one principal in one project: a call of his reads them all. */
export const ROLE_BINDINGS_PER_PRINCIPAL_MAX = 500;

/** Role bindings of the workloads of one issuer in one project: an exchange judges them all. */
export const WORKLOAD_BINDINGS_PER_ISSUER_MAX = 100;

/** Identity providers of the whole service. */
export const IDENTITY_PROVIDERS_MAX = 100;

/** Groups of a person that are looked at. */
export const GROUPS_MAX = 200;

/** Segments of an audience's path; as many are cut off a URI to find the API that it is at. */
export const AUDIENCE_SEGMENTS_MAX = 16;

/** Resource servers of one project. */
export const RESOURCE_SERVERS_PER_PROJECT_MAX = 100;
