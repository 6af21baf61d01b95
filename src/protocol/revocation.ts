/** By what an access token was got. */
export type AuthMethod = "federation" | "key" | "project_token" | "impersonation";

/**
 * Which tokens of a project a revocation takes: those for which all of it holds. At least one member is there;
 * `all` stands for the whole project.
 */
export interface RevocationCriteria {
  readonly all?: true | undefined;
  readonly serviceAccountId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly projectTokenId?: string | undefined;
  readonly federatedIdentityProviderId?: string | undefined;
  /** `iss` of the foreign token behind them. */
  readonly issuer?: string | undefined;
  /** `kid` that signed the foreign token behind them. */
  readonly issuerKeyId?: string | undefined;
  readonly claims?: readonly ClaimCriterion[] | undefined;
}

/** One claim of the foreign token. `item` as in a claim assertion; the value keeps its type. */
export interface ClaimCriterion {
  readonly item: string;
  readonly value: string | number | boolean;
}
