import { createServer } from "node:net";
import { githubClaims } from "../support/foreign_issuer.ts";

/** What a flow knows of a service: where it is and how to be its operator. */
export interface Target {
  readonly url: string;
  readonly bootstrapToken: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, never> & { readonly [member: string]: unknown };
}

export async function call(target: Target, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${target.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${target.bootstrapToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

/** A call that has to go through. */
export async function must(target: Target, method: string, path: string, body?: unknown) {
  const answer = await call(target, method, path, body);
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as { readonly [member: string]: unknown };
}

export async function exchange(target: Target, account: string, token: string): Promise<Answer> {
  const form = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    client_id: account,
  };
  const response = await fetch(`${target.url}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

/** A form, as whoever this bearer is. */
export async function post(target: Target, path: string, form: Record<string, string>, bearer?: string) {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const body = new URLSearchParams(form);
  const response = await fetch(`${target.url}${path}`, { method: "POST", body, headers });
  const requestId = response.headers.get("x-request-id") ?? "";
  return { status: response.status, text: await response.text(), requestId };
}

/** A project with an account that trusts repository 777001 of this issuer; answers the account's e-mail. */
export async function givenTrust(target: Target, issuer: string, project = "shop"): Promise<string> {
  await call(target, "POST", "/v1/projects", { name: project });
  const accounts = `/v1/projects/${project}/service-accounts`;
  const account = await call(target, "POST", accounts, { name: "deployer" });
  const assertions = [{ item: "repository_id", operator: "equals", value: githubClaims().repository_id }];
  const trust = { name: "github-main", issuer, assertions };
  const created = await call(target, "POST", `${accounts}/deployer/federated-identity-providers`, trust);
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  return String(account.body.email);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
