/**
 * One step of an impersonation: who acts, and the binding that let him. A person is named by his issuer and `sub`, an
 * account by its id, the operator by `bootstrap`.
 */
export interface ActingParty {
  readonly type: "service_account" | "person" | "bootstrap";
  readonly id: string;
  /** Of a person. */
  readonly issuer?: string | undefined;
  readonly bindingId?: string | undefined;
}

/** Somebody else acts as the account. */
export interface Impersonation {
  readonly authMethod: "impersonation";
  /** What he showed: an access token of ours, an ID token of a provider's, or the bootstrap token. */
  readonly by:
    | { readonly type: "access_token"; readonly id: string }
    | { readonly type: "identity_provider"; readonly id: string; readonly version: number }
    | { readonly type: "bootstrap"; readonly id: "bootstrap" };
  /** Who acts, nearest first. */
  readonly act: readonly ActingParty[];
}

/** Steps of one chain, at most. */
export const ACT_CHAIN_MAX = 3;

/** The claim: the current actor outermost, those before him inside. */
export interface ActClaim {
  readonly sub: string;
  readonly iss?: string;
  readonly act?: ActClaim;
}

/** The claim of a chain, current actor first; undefined for nobody. @see RFC 8693 s4.1 */
export function actClaimOf(chain: readonly ActingParty[]): ActClaim | undefined {
  const [first, ...earlier] = chain;
  if (first === undefined) return undefined;
  const act = actClaimOf(earlier);
  return {
    sub: first.id,
    ...(first.issuer === undefined ? {} : { iss: first.issuer }),
    ...(act === undefined ? {} : { act }),
  };
}
