import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { expect } from "vitest";
import { type ForeignIssuer, githubClaims } from "../support/foreign_issuer.ts";
import { must, type Target } from "./clients.ts";

/** A shop that lets its CI deploy on Mondays, from its office, between eight and six in Berlin. */
export const MONDAY = "2027-03-22T10:00:00+01:00";
export const MONDAYS = { weekdays: ["monday"], from: "08:00", until: "18:00", timeZone: "Europe/Berlin" };
export const OFFICE = ["203.0.113.0/24", "2001:db8:cafe::/48"];
export const CONDITION = { schedule: MONDAYS, ipRanges: OFFICE };
export const AT_OFFICE = "203.0.113.9";
export const AT_HOME = "198.51.100.7";

export const API = "https://orders.example.com";
const ON_API = { type: "resource_server", resourceServer: API };
const PERMISSIONS = ["orders:write", "orders:read"];
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPE = "urn:ietf:params:oauth:token-type";

export type Body = { readonly [member: string]: unknown };
export interface Account {
  readonly id: string;
  readonly email: string;
}
/** An answer of the token endpoint, and how the record knows the request. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Body;
  readonly requestId: string;
}
type Form = Readonly<Record<string, string>>;

/** A service, and what its clock says. */
type Clocked = Target & { readonly now: () => Date };

/** A fresh project with the API and its roles, and what a test does there. */
export async function givenShop(service: Clocked, issuer: ForeignIssuer) {
  const name = `p${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const { id } = await must(service, "POST", "/v1/projects", { name });
  const root = `/v1/projects/${name}`;
  const repositoryId = randomUUID();
  const permissions = PERMISSIONS.map((one) => ({ name: one, description: one }));
  await must(service, "POST", `${root}/resource-servers`, { name: "orders-api", audience: API, permissions });
  const roles = { "order-deployer": "orders:write", "order-reader": "orders:read" };
  for (const [role, permission] of Object.entries(roles))
    await must(service, "POST", `${root}/roles`, { name: role, permissions: [permission] });

  /** An account that trusts the shop's repository, whatever the branch. */
  async function account(named: string): Promise<Account> {
    const made = await must(service, "POST", `${root}/service-accounts`, { name: named });
    const assertions = [{ item: "repository_id", operator: "equals", value: repositoryId }];
    const trust = { name: "github", issuer: issuer.issuer, assertions };
    await must(service, "POST", `${root}/service-accounts/${named}/federated-identity-providers`, trust);
    return { id: String(made.id), email: String(made.email) };
  }

  /** Binds a role, and answers the binding's id. */
  async function bind(principal: string | Body, role: string, more: Body = {}): Promise<string> {
    const who =
      typeof principal === "string" ? { type: "service_account", serviceAccount: principal } : principal;
    const made = await must(service, "POST", `${root}/role-bindings`, { principal: who, role, ...more });
    return String(made.id);
  }
  const bindOnApi = (principal: string | Body, role: string, more: Body = {}) =>
    bind(principal, role, { resource: ON_API, ...more });
  const bindOn = (principal: string | Body, serviceAccount: string, more: Body = {}) =>
    bind(principal, "token-creator", { resource: { type: "service_account", serviceAccount }, ...more });

  async function ask(form: Form, from: string): Promise<TokenAnswer> {
    const response = await fetch(`${service.url}/oauth/v2/token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: TOKEN_EXCHANGE, ...form }),
      headers: { "cf-connecting-ip": from },
    });
    const requestId = response.headers.get("x-request-id") ?? "";
    return { status: response.status, body: (await response.json()) as Body, requestId };
  }

  /** What a job of the CI asks for, by the token that the CI makes for it at this hour. */
  async function deploy({ email }: Account, more: Form = {}, from = AT_OFFICE, ref = "refs/heads/main") {
    const iat = Math.floor(service.now().getTime() / 1000);
    const claims = githubClaims({ repository_id: repositoryId, ref, iat, exp: iat + 300 });
    const token = await issuer.token(claims, { audience: service.url });
    return ask({ subject_token: token, subject_token_type: `${TYPE}:jwt`, client_id: email, ...more }, from);
  }

  /** Shows one's own token for another account: an access token of ours, or a person's ID token. */
  const show =
    (type: string) =>
    (token: string, { email }: Account, more: Form = {}, from = AT_OFFICE) =>
      ask({ subject_token: token, subject_token_type: `${TYPE}:${type}`, client_id: email, ...more }, from);
  const impersonate = show("access_token");
  const impersonateAsPerson = show("id_token");

  /** The one event of a request. */
  async function eventOf({ requestId }: { readonly requestId: string }): Promise<Body> {
    const { items } = await must(service, "GET", `${root}/audit-events?requestId=${requestId}`);
    expect(items).toHaveLength(1);
    return (items as Body[])[0] ?? {};
  }

  const acts = { deploy, impersonate, impersonateAsPerson };
  return { id: String(id), root, account, bind, bindOnApi, bindOn, ...acts, eventOf };
}
export type Shop = Awaited<ReturnType<typeof givenShop>>;

/** The token of an answer that has to be good. */
export async function tokenOf(answer: Promise<TokenAnswer>): Promise<string> {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBe(200);
  return String(body.access_token);
}

/** The claims of an answer that has to be good. */
export async function claimsOf(answer: Promise<TokenAnswer>): Promise<Body> {
  return decodeJwt(await tokenOf(answer));
}
