/** What several templates say alike. */

/** Text of a claim: visible characters, and spaces inside. */
export const CLAIM_TEXT = /^[^\p{C}\s](?:[^\p{C}]{0,510}[^\p{C}\s])?$/u;
export const NUMERIC_ID = /^[1-9]\d{0,19}$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A host as its name is written, without a port. */
export const HOST = /^[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,63}$/;
/** A short name as services give it to tenants. */
export const SLUG = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;

/** One label of a host's name, as namespaces and subdomains are written. */
export const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** An https URL in canonical spelling, with or without a path and a trailing slash. */
export const ISSUER_URL =
  /^https:\/\/[a-z0-9][a-z0-9.-]{0,251}[a-z0-9](?::\d{2,5})?(?:\/[A-Za-z0-9._~/-]{0,180})?$/;

/** From `$TOKEN` to `$ACCESS_TOKEN`, in the lines that every pipeline shares. @param indent before each line */
export function tokenExchange(indent: string): string {
  return [
    "ANSWER=$(curl -sS --fail-with-body <issuerUrl>/oauth/v2/token \\",
    "  -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\",
    "  -d subject_token_type=urn:ietf:params:oauth:token-type:jwt \\",
    '  -d subject_token="$TOKEN" -d client_id=<serviceAccount>) || { echo "$ANSWER"; exit 1; }',
    'ACCESS_TOKEN=$(echo "$ANSWER" | jq -r .access_token)',
  ]
    .map((line) => `${indent}${line}`)
    .join("\n");
}
