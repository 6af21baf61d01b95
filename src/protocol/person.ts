/** Which claims of an ID token say what of a person. Items as in a claim assertion. */
export interface ClaimMapping {
  readonly email: string;
  readonly name: string;
  readonly groups: string;
}

/** As OpenID Connect names them; `groups` is what providers agreed on. @see OpenID Connect Core 1.0 s5.1 */
export const CLAIM_MAPPING: ClaimMapping = { email: "email", name: "name", groups: "groups" };

/**
 * An e-mail as it is compared: in lower case, ASCII's letters alone. Beyond those a letter may turn into another one's,
 * as the Kelvin sign into k, and its owner into somebody else.
 */
export function comparedEmail(email: string): string {
  return email.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
