/** The HTTP calls that the demo makes of the service. */
import type { LocalWorker } from "../scripts/local_worker.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";

export type Body = Readonly<Record<string, unknown>>;

/** One call of `/v1` as the owner, who shows the bootstrap token here. @throws Error when it is refused */
export async function call(service: LocalWorker, method: string, path: string, body?: Body): Promise<Body> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${service.bootstrapToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Body;
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

/** What the job in the CI does: its own token against an access token for an API. @see RFC 8693 s2.1 */
export async function exchange(service: LocalWorker, account: string, token: string, audience: string) {
  const form = {
    grant_type: TOKEN_EXCHANGE,
    subject_token: token,
    subject_token_type: JWT_TYPE,
    client_id: account,
    audience,
  };
  const response = await fetch(`${service.url}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

/** Whether a token is good now. @see RFC 7662 */
export async function introspect(service: LocalWorker, token: string): Promise<{ readonly active: boolean }> {
  const response = await fetch(`${service.url}/oauth/v2/introspect`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.bootstrapToken}` },
    body: new URLSearchParams({ token }),
  });
  return (await response.json()) as { active: boolean };
}
