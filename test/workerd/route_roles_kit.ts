import { env } from "cloudflare:workers";
import { BUILT_IN_ROLES } from "../../src/rbac/roles.ts";
import { type Answer, exchangeOf, type Service } from "./harness.ts";
import type { Where } from "./route_roles_rules.ts";
import { freshName, type Home, must } from "./token_holders.ts";

/** An account or an API. */
export interface Thing {
  readonly id: string;
  readonly path: string;
}

/** What calls are about: a project, with an account and an API of it. */
export interface Ground {
  readonly home: Home;
  readonly account: Thing;
  readonly api: Thing;
  /** On what the bindings are that calls name. */
  readonly binds: Where;
}

/** Who calls; without a token it is nobody, without an id the operator. */
export interface Caller {
  readonly id?: string;
  readonly home?: Home;
  readonly token?: string;
  /** Of the same account, and never cut down. */
  readonly projectToken?: string;
}

export async function givenAccount(service: Service, { path }: Home): Promise<Thing> {
  const { body } = await must(service, "POST", `${path}/service-accounts`, { name: freshName() });
  return { id: body.id, path: `${path}/service-accounts/${body.id}` };
}

export async function givenApi(service: Service, { path }: Home): Promise<Thing> {
  const input = { name: freshName(), audience: `https://${freshName()}.example.com` };
  const { body } = await must(service, "POST", `${path}/resource-servers`, input);
  return { id: body.id, path: `${path}/resource-servers/${body.id}` };
}

/** An account and an API that nobody has anything to do with yet. */
export async function givenGround(service: Service, home: Home, binds: Where = "project"): Promise<Ground> {
  return { home, account: await givenAccount(service, home), api: await givenApi(service, home), binds };
}

/** How a binding names what it is on; nothing for the project. */
export function resourceOf({ account, api }: Ground, where: Where) {
  switch (where) {
    case "service account":
      return { resource: { type: "service_account", serviceAccount: account.id } };
    case "resource server":
      return { resource: { type: "resource_server", resourceServer: api.id } };
    default:
      return {};
  }
}

export async function bindRole(
  service: Service,
  { path }: Home,
  { id }: { readonly id: string },
  role: string,
  resource: object = {},
): Promise<void> {
  const principal = { type: "service_account", serviceAccount: id };
  await must(service, "POST", `${path}/role-bindings`, { principal, role, ...resource });
}

/** An account with a role, and an access token that was got with it: a token carries what was granted then. */
export async function givenCaller(
  service: Service,
  home: Home,
  role?: string,
  resource: object = {},
): Promise<Required<Caller>> {
  const { id, path } = await givenAccount(service, home);
  if (role !== undefined) await bindRole(service, home, { id }, role, resource);
  const { body } = await must(service, "POST", `${path}/project-tokens`, { name: freshName() });
  const exchanged = await service.exchange(exchangeOf(body.token, id));
  if (exchanged.status !== 200) throw new Error(JSON.stringify(exchanged.body));
  return { id, home, token: exchanged.body.access_token, projectToken: body.token };
}

/** Names of the roles that every project has. */
export const ROLES = Object.keys(BUILT_IN_ROLES);
export const permissionsOf = (role: string) => BUILT_IN_ROLES[role]?.permissions ?? [];

/** A call by somebody. */
export async function callAs(
  service: Service,
  { token }: Caller,
  method: string,
  { path, body }: { readonly path: string; readonly body?: unknown },
): Promise<Answer> {
  return service.call(method, path, body, token === undefined ? {} : { authorization: `Bearer ${token}` });
}

/** A call without a bearer. */
export async function callAsNobody(
  service: Service,
  method: string,
  { path, body }: { readonly path: string; readonly body?: unknown },
): Promise<Answer> {
  const init = { method, headers: { "content-type": "application/json" } };
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await service.fetch(path, { ...init, ...payload });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** How a refusal names a place. */
export function placeIn({ home, account, api }: Ground, where: Where): string {
  switch (where) {
    case "service":
    case "identity provider":
      return "this service";
    case "project":
      return `project ${home.id}`;
    case "service account":
      return `service account ${account.id}`;
    case "resource server":
      return `resource server ${api.id}`;
  }
}

const names = await env.DB.prepare(
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
).all<{ name: string }>();
const READ_ALL = names.results.map(({ name }) =>
  name === "audit_event"
    ? "SELECT count(*) FROM audit_event WHERE outcome = 'granted'"
    : `SELECT * FROM "${name}"`,
);

/** All that there is, but the record of refusals, and when something was used last. */
export async function stateOfAll(): Promise<string> {
  const answers = await env.DB.batch(READ_ALL.map((query) => env.DB.prepare(query)));
  const isMark = (name: string) => name.startsWith("last_used_");
  return JSON.stringify(
    answers.map(({ results }) => results),
    (name, value) => (isMark(name) ? undefined : value),
  );
}
