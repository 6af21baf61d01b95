import { decodeJwt } from "jose";
import { type Answer, exchangeOf, givenTrust, issuer, type Service, startService } from "./harness.ts";

export const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

/** Claims of a job of the repository that `givenTrust` trusts. */
export const JOB = { sub: "repo:acme/shop:ref:refs/heads/main", repository_id: "777001" };

/** A fresh project whose accounts trust the same CI, and what a test asks of it. */
export async function givenProject(service: Service = startService()) {
  const first = await givenTrust(service);
  const root = `/v1/projects/${first.project}`;

  /** Another account that trusts the CI too. */
  async function account(name: string) {
    const made = await must(service.call("POST", `${root}/service-accounts`, { name }), 201);
    await must(
      service.call("POST", `${root}/service-accounts/${name}/federated-identity-providers`, {
        name: "github-main",
        issuer: issuer.url,
        assertions: [{ item: "repository_id", operator: "equals", value: "777001" }],
      }),
      201,
    );
    return made.body as { id: string; email: string; name: string };
  }

  /** Binds a role to an account; as the bootstrap token. */
  async function bind(serviceAccount: string, role: string, more: Record<string, unknown> = {}) {
    const principal = { type: "service_account", serviceAccount };
    const made = await must(service.call("POST", `${root}/role-bindings`, { principal, role, ...more }), 201);
    return made.body as { id: string };
  }

  /** An access token of an account, for us unless asked otherwise. */
  async function token(email: string, more: Record<string, string> = {}): Promise<string> {
    const answer = await must(
      service.exchange(exchangeOf(await issuer.token(JOB, service.url), email, more)),
      200,
    );
    return String(answer.body.access_token);
  }

  /** Shows a token of ours for another account. */
  function impersonate(
    subjectToken: string,
    email: string,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const form = exchangeOf(subjectToken, email, { subject_token_type: ACCESS_TOKEN_TYPE, ...more });
    return service.exchange(form);
  }

  /** A call with a token in place of the bootstrap token. */
  function as(bearer: string) {
    return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      service.call(method, `${root}${path}`, body, { authorization: `Bearer ${bearer}`, ...headers });
  }

  /** The youngest refusal of an action. */
  async function refusal(action: string) {
    const found = await service.call(
      "GET",
      `${root}/audit-events?outcome=refused&action=${action}&pageSize=1`,
    );
    return found.body.items[0];
  }

  const operator = (method: string, path: string, body?: unknown) =>
    service.call(method, `${root}${path}`, body);
  return { service, ...first, root, operator, addAccount: account, bind, token, impersonate, as, refusal };
}

/** The answer, which has to be of this status. */
export async function must(answer: Promise<Answer>, status: number): Promise<Answer> {
  const found = await answer;
  if (found.status !== status) throw new Error(`${found.status}: ${JSON.stringify(found.body)}`);
  return found;
}

export function claimsIn(token: unknown) {
  return decodeJwt(String(token)) as Record<string, unknown> & { readonly exp: number; readonly jti: string };
}
