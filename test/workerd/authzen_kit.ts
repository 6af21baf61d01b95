import { env } from "cloudflare:workers";
import type { Service } from "./harness.ts";
import { freshName, givenHolder, givenHome, type Holder, must, tokenByKey } from "./token_holders.ts";

/** An API with permissions, the account that it asks us as, and an account that calls it. */

export const EVALUATION = "/access/v1/evaluation";
export const EVALUATIONS = "/access/v1/evaluations";

export type Entity = {
  readonly type: string;
  readonly id: string;
  readonly properties?: Readonly<Record<string, unknown>>;
};

export interface Question {
  readonly subject?: Entity;
  readonly action?: { readonly name: string };
  readonly resource?: Entity;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** What is answered, as text too: what must not be told apart must be the same bytes. */
export async function ask(
  service: Service,
  body: unknown,
  bearer: string | undefined = env.BOOTSTRAP_TOKEN,
  { path = EVALUATION, headers = {} }: { path?: string; headers?: Record<string, string> } = {},
) {
  const authorization = bearer === undefined || bearer === "" ? {} : { authorization: `Bearer ${bearer}` };
  const response = await service.fetch(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...authorization, ...headers },
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails on the rest
  const parsed: any = JSON.parse(text);
  return { status: response.status, headers: response.headers, text, body: parsed };
}

export const tokenSubject = (id: string): Entity => ({ type: "access_token", id });
export const accountSubject = (id: string): Entity => ({ type: "service_account", id });
export const server = (id: string, path?: string): Entity => ({
  type: "resource_server",
  id,
  ...(path === undefined ? {} : { properties: { path } }),
});

export async function givenApi(service: Service) {
  const home = await givenHome(service);
  const [api, caller, stranger] = [
    await givenHolder(service, home),
    await givenHolder(service, home),
    await givenHolder(service, home),
  ];
  const audience = `https://${freshName()}.example.com`;
  const permissions = ["orders:read", "orders:write"].map((name) => ({ name, description: name }));
  const registered = await must(service, "POST", `${home.path}/resource-servers`, {
    name: "shop",
    audience,
    serviceAccount: api.id,
    permissions,
  });
  await must(service, "POST", `${home.path}/roles`, { name: "reader", permissions: ["orders:read"] });
  await must(service, "POST", `${home.path}/roles`, {
    name: "asker",
    permissions: ["access-evaluations:create"],
  });
  const id: string = registered.body.id;
  const resource = { type: "resource_server", resourceServer: id };
  /** Binds a role to an account, on the API unless said otherwise. */
  const bind = async (holder: Pick<Holder, "id">, more: Record<string, unknown> = {}): Promise<string> => {
    const principal = { type: "service_account", serviceAccount: holder.id };
    const bindings = `${home.path}/role-bindings`;
    const input = { principal, role: "reader", resource, ...more };
    return (await must(service, "POST", bindings, input)).body.id;
  };
  /** A token of an account's for the API, or a part of it. */
  const tokenFor = (holder: Holder, path = "", more: Record<string, string> = {}) =>
    tokenByKey(service, holder, { resource: `${audience}${path}`, ...more });
  return { home, api, caller, stranger, audience, id, resource, bind, tokenFor };
}
export type GivenApi = Awaited<ReturnType<typeof givenApi>>;
