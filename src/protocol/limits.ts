/** Trusts of one account. An exchange tries those in one issuer, so their number bounds its work. */
export const PROVIDERS_PER_ACCOUNT_MAX = 100;

/** Labels of one resource. */
export const LABELS_MAX = 64;
