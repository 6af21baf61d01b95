import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { buildApp } from "../../src/app.ts";
import type { Env } from "../../src/config.ts";
import type { Deps } from "../../src/deps.ts";

/** One isolate's worth of the service: the real app, with what a test wants to hold in its hand. */
export interface Service {
  readonly url: string;
  /** Lines that were logged. */
  readonly log: Readonly<Record<string, unknown>>[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** As the bootstrap token; parses the answer. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  exchange(parameters: Record<string, string> | URLSearchParams): Promise<Answer>;
  tend(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails on the rest
  readonly body: any;
}

/** @param vars replace variables of the environment @param overrides replace parts of `deps` */
export function startService(
  overrides: Partial<Omit<Deps, "config">> = {},
  vars: Partial<Record<keyof Env, unknown>> = {},
): Service {
  const log: Record<string, unknown>[] = [];
  const app = buildApp({ ...env, ...vars } as Env, { log: (line) => log.push({ ...line }), ...overrides });
  const url = String(vars.ISSUER_URL ?? env.ISSUER_URL);
  const service: Service = {
    url,
    log,
    async fetch(path, init) {
      const context = createExecutionContext();
      const response = await app.fetch(new Request(`${url}${path}`, init), env, context);
      await waitOnExecutionContext(context);
      return response;
    },
    async call(method, path, body, headers = {}) {
      const authorization = `Bearer ${env.BOOTSTRAP_TOKEN}`;
      const init = { method, headers: { authorization, "content-type": "application/json", ...headers } };
      const payload =
        body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
      return answerOf(await service.fetch(path, { ...init, ...payload }));
    },
    async exchange(parameters) {
      const body = new URLSearchParams(parameters);
      return answerOf(await service.fetch("/oauth/v2/token", { method: "POST", body }));
    },
    tend: () => app.tend(() => undefined),
  };
  return service;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

/** A foreign issuer that runs as long as the tests do: a real oidc-provider in another process. */
function foreignIssuerAt(url: string) {
  const control = async (path: string, body: unknown = {}): Promise<never> => {
    const response = await fetch(`${url}/__control/${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await response.json()) as never;
  };
  const token = async (claims: Record<string, unknown>, audience: string): Promise<string> => {
    const answer: { token: string } = await control("token", { claims, audience });
    return answer.token;
  };
  return { url, control, token };
}

/** Every file's, at the same time: it is asked for tokens and left as it is. */
export const issuer = foreignIssuerAt(inject("foreignIssuer"));

/** For `issuer_keys.test.ts` alone, which counts its requests, rotates its keys and takes it down. */
export const steeredIssuer = foreignIssuerAt(inject("steeredIssuer"));

export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";

/** The form of a token exchange. */
export function exchangeOf(token: string, account: string, more: Record<string, string> = {}) {
  return {
    grant_type: TOKEN_EXCHANGE,
    subject_token: token,
    subject_token_type: JWT_TYPE,
    client_id: account,
    ...more,
  };
}

/** What trusts `issuer` for repository 777001. */
export const CI_TRUST = {
  name: "github-main",
  issuer: issuer.url,
  assertions: [{ item: "repository_id", operator: "equals", value: "777001" }],
} as const;

/** A fresh project with one account that trusts the CI. */
export async function givenTrust(service: Service, trust: Record<string, unknown> = {}) {
  const project = `p${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  await service.call("POST", "/v1/projects", { name: project });
  const accounts = `/v1/projects/${project}/service-accounts`;
  const account = (await service.call("POST", accounts, { name: "deployer" })).body as {
    id: string;
    email: string;
  };
  const providers = `${accounts}/deployer/federated-identity-providers`;
  const provider = await service.call("POST", providers, { ...CI_TRUST, ...trust });
  if (provider.status !== 201) throw new Error(JSON.stringify(provider.body));
  return { project, account, accounts, providers, provider: provider.body as { id: string } };
}
