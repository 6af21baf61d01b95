/** Trusts of one account. An exchange tries those in one issuer, so their number bounds its work. */
export const PROVIDERS_PER_ACCOUNT_MAX = 100;

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

/** Resource servers of one project. */
export const RESOURCE_SERVERS_PER_PROJECT_MAX = 100;
