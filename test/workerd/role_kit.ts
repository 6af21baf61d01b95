import { type Answer, exchangeOf, type Service } from "./harness.ts";
import { freshName, must } from "./token_holders.ts";

/** A fresh project, and where what is told of it lies. */
export interface RoleHome {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly accounts: string;
  readonly roles: string;
  readonly bindings: string;
  readonly apis: string;
}

/** An account that calls with a project token, which is never cut down. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly path: string;
  readonly token: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function givenRoleHome(service: Service): Promise<RoleHome> {
  const name = freshName();
  const { body } = await must(service, "POST", "/v1/projects", { name });
  const path = `/v1/projects/${name}`;
  return {
    id: body.id,
    name,
    path,
    accounts: `${path}/service-accounts`,
    roles: `${path}/roles`,
    bindings: `${path}/role-bindings`,
    apis: `${path}/resource-servers`,
  };
}

/** @param roles built-in ones, bound on the whole project */
export async function givenCaller(
  service: Service,
  home: RoleHome,
  ...roles: readonly string[]
): Promise<Caller> {
  const { body } = await must(service, "POST", home.accounts, { name: freshName() });
  const path = `${home.accounts}/${body.id}`;
  const made = await must(service, "POST", `${path}/project-tokens`, { name: freshName() });
  const caller = { ...body, path, token: made.body.token as string };
  for (const role of roles) await bind(service, home, caller, role);
  return { ...caller, ...callsWith(service, caller.token) };
}

export function callsWith(service: Service, token: string): Pick<Caller, "call"> {
  return {
    call: (method, path, body, headers = {}) =>
      service.call(method, path, body, { authorization: `Bearer ${token}`, ...headers }),
  };
}

/** Who is bound, as a binding names him. */
export const principalOf = ({ id }: { readonly id: string }) => ({
  type: "service_account",
  serviceAccount: id,
});

export interface GivenBinding {
  readonly id: string;
  readonly path: string;
  readonly etag: string;
}

/** As the operator. */
export async function bind(
  service: Service,
  home: Pick<RoleHome, "bindings">,
  holder: { readonly id: string },
  role: string,
  more: Record<string, unknown> = {},
): Promise<GivenBinding> {
  const input = { principal: principalOf(holder), role, ...more };
  const { body, headers } = await must(service, "POST", home.bindings, input);
  return { id: body.id, path: `${home.bindings}/${body.id}`, etag: headers.get("etag") ?? "" };
}

export async function givenRole(service: Service, home: RoleHome, permissions: readonly string[]) {
  const { body, headers } = await must(service, "POST", home.roles, { name: freshName(), permissions });
  const { id, name } = body as { id: string; name: string };
  return { id, name, path: `${home.roles}/${id}`, etag: headers.get("etag") ?? "" };
}

export const ORDERS = ["orders:read", "orders:write"] as const;

/** An API that knows `ORDERS`. */
export async function givenApi(service: Service, home: RoleHome, more: Record<string, unknown> = {}) {
  const input = {
    name: freshName(),
    audience: `https://${freshName()}.example.com`,
    permissions: ORDERS.map((name) => ({ name, description: name })),
    ...more,
  };
  const { body } = await must(service, "POST", home.apis, input);
  const { id, name, audience } = body as { id: string; name: string; audience: string };
  return { id, name, audience, path: `${home.apis}/${id}` };
}

/** What a refusal says: status, code, and of each member its place and why. */
export function saidBy({ status, body }: Answer): readonly unknown[] {
  const errors = (body?.errors ?? []) as readonly { pointer: string; code: string }[];
  return [status, body?.code, ...errors.map(({ pointer, code }) => `${pointer} ${code}`)];
}

/** The last event of a project. */
export async function lastEventOf(service: Service, { path }: RoleHome) {
  return (await service.call("GET", `${path}/audit-events?pageSize=1`)).body.items[0];
}

/** An exchange of the caller's project token. */
export function exchangeBy(
  service: Service,
  { token, id }: Pick<Caller, "token" | "id">,
  more: Record<string, string> = {},
): Promise<Answer> {
  return service.exchange(exchangeOf(token, id, more));
}
