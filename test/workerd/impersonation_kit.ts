import { decodeJwt } from "jose";
import { lastEvent } from "./credentials.ts";
import {
  type Answer,
  CI_TRUST,
  exchangeOf,
  givenTrust,
  issuer,
  type Service,
  startService,
} from "./harness.ts";
import { bind, callsWith } from "./role_kit.ts";
import { must } from "./token_holders.ts";

export const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

/** Claims of a job that `CI_TRUST` lets in. */
const JOB = { sub: "repo:acme/shop:ref:refs/heads/main", repository_id: "777001" };

/** A fresh project whose accounts trust the same CI, and what a test of impersonation asks of it. */
export async function givenProject(service: Service = startService()) {
  const first = await givenTrust(service);
  const root = `/v1/projects/${first.project}`;
  const home = { bindings: `${root}/role-bindings` };

  /** Another account that trusts the CI too. */
  async function addAccount(name: string) {
    const { body } = await must(service, "POST", first.accounts, { name });
    await must(service, "POST", `${first.accounts}/${name}/federated-identity-providers`, CI_TRUST);
    return body as { id: string; email: string; name: string };
  }

  /** An access token of an account, for us unless asked otherwise. */
  async function token(email: string, more: Record<string, string> = {}): Promise<string> {
    const form = exchangeOf(await issuer.token(JOB, service.url), email, more);
    return String((await withStatus(service.exchange(form), 200)).body.access_token);
  }

  /** A call below the project, with a token in place of the bootstrap token. */
  function as(bearer: string) {
    const { call } = callsWith(service, bearer);
    return (method: string, path: string, body?: unknown) => call(method, `${root}${path}`, body);
  }

  return {
    service,
    ...first,
    root,
    addAccount,
    token,
    as,
    /** As the bootstrap token. */
    operator: (method: string, path: string, body?: unknown) => service.call(method, `${root}${path}`, body),
    /** A role to an account, by its name. */
    bind: (name: string, role: string, more: Record<string, unknown> = {}) =>
      bind(service, home, { id: name }, role, more),
    /** Shows a token of ours for another account. */
    impersonate: (subjectToken: string, email: string, more: Record<string, string> = {}) =>
      service.exchange(exchangeOf(subjectToken, email, { subject_token_type: ACCESS_TOKEN_TYPE, ...more })),
    /** The youngest refusal of an action. */
    refusal: (action: string) => lastEvent(service, first.project, `outcome=refused&action=${action}`),
  };
}

/** The answer, which has to be of this status. */
export async function withStatus(answer: Promise<Answer>, status: number): Promise<Answer> {
  const found = await answer;
  if (found.status !== status) throw new Error(`${found.status}: ${JSON.stringify(found.body)}`);
  return found;
}

export function claimsIn(token: unknown) {
  return decodeJwt(String(token)) as Record<string, unknown> & { readonly exp: number; readonly jti: string };
}
