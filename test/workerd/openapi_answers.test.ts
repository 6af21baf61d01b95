import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Deps } from "../../src/deps.ts";
import { v1Routes } from "../../src/routes/v1/index.ts";
import { faultsOf, type JsonSchema } from "../support/json_schema.ts";
import { type Answer, exchangeOf, givenTrust, issuer, startService } from "./harness.ts";
import { newIssuerKey } from "./identity_provider_kit.ts";
import {
  freshName,
  givenHolder,
  givenHome,
  givenProjectToken,
  givenTrustIn,
  must,
  tokenByKey,
  tokenByTrust,
} from "./token_holders.ts";

/** One operation of the document, as far as it is read here. */
interface Operation {
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly headers?: object; readonly content?: Readonly<Record<string, { schema: JsonSchema }>> }
    >
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}
/** A call that goes through. */
interface Call {
  readonly path: string;
  readonly body?: unknown;
}

const NAMED = { item: "repository_id", operator: "equals", value: "777001" };
const CONDITION = {
  notBefore: "2026-01-01T00:00:00Z",
  notAfter: "2099-01-01T00:00:00Z",
  schedule: { weekdays: ["monday", "friday"], from: "08:00", until: "17:30", timeZone: "Europe/Berlin" },
  ipRanges: ["203.0.113.0/24"],
};

const service = startService();
const document = (await (await service.fetch("/openapi.json")).json()) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
  ),
);

const home = await givenHome(service);
const holder = await givenHolder(service, home);
const trust = await givenTrustIn(service, holder);
const projectToken = await givenProjectToken(service, holder);
const apis = `${home.path}/resource-servers`;
const api = () =>
  must(service, "POST", apis, { name: freshName(), audience: `https://${freshName()}.example` });
const { body: resourceServer } = await api();
const roles = `${home.path}/roles`;
const role = () => must(service, "POST", roles, { name: freshName(), permissions: ["projects:read"] });
const { body: ownRole } = await role();
const bindings = `${home.path}/role-bindings`;
const bind = (more: object = {}) =>
  must(service, "POST", bindings, {
    principal: { type: "service_account", serviceAccount: holder.id },
    role: "viewer",
    ...more,
  });
const { body: binding } = await bind({ role: ownRole.name });
await bind({
  principal: { type: "workloads", issuer: issuer.url, assertions: [NAMED] },
  resource: { type: "resource_server", resourceServer: resourceServer.id, path: "/orders" },
  condition: CONDITION,
});
await tokenByTrust(service, holder, trust, { sha: "4f1c", run: 7 });
const revocations = `${home.path}/revocations`;
const { body: revocation } = await must(service, "POST", revocations, {
  serviceAccount: holder.name,
  claims: [{ item: "sha", value: "4f1c" }],
  reason: "INC-42",
});

const identityProviderInput = () => {
  const name = freshName();
  return { name, issuer: `https://${name}.example`, audience: "countersign" };
};
const idpKey = await newIssuerKey();
const { body: identityProvider } = await must(
  service,
  "POST",
  "/v1/identity-providers",
  identityProviderInput(),
);

const accounts = `${home.path}/service-accounts`;
const trusts = `${holder.path}/federated-identity-providers`;
const keys = `${holder.path}/keys`;
const tokens = `${holder.path}/project-tokens`;
const P = "/v1/projects/{project}";
const A = `${P}/service-accounts/{serviceAccount}`;
const CLAIMS = { iss: issuer.url, sub: "job", aud: service.url, repository_id: "777001" };

/** Of an exchange that was refused, with its nearest miss. */
async function givenReceipt(): Promise<string> {
  const token = await issuer.token({ repository_id: 777001 }, service.url);
  const { body } = await service.exchange(exchangeOf(token, holder.email));
  return body.error_uri.split("/").at(-1);
}

const named = () => ({ name: freshName() });
const one = (path: string, body?: unknown) => async (): Promise<readonly Call[]> => [{ path, body }];

const CALLS: Readonly<Record<string, () => Promise<readonly Call[]>>> = {
  "GET /v1/service-accounts/{email}/jwks.json": one(`/v1/service-accounts/${holder.email}/jwks.json`),
  "POST /v1/projects": one("/v1/projects", { ...named(), displayName: "Shop", labels: { team: "payments" } }),
  "GET /v1/projects": one("/v1/projects"),
  [`GET ${P}`]: one(home.path),
  [`PATCH ${P}`]: one(home.path, { displayName: "Shop", labels: { team: "payments" } }),
  [`DELETE ${P}`]: async () => [{ path: (await givenHome(service)).path }],
  [`POST ${P}/service-accounts`]: one(accounts, {
    ...named(),
    owner: "team-payments",
    expiresAt: "2099-01-01T00:00:00Z",
    tokenLifetime: 900,
    allowedAudiences: ["https://api.example.com"],
  }),
  [`GET ${P}/service-accounts`]: one(accounts),
  [`GET ${A}`]: one(holder.path),
  [`PATCH ${A}`]: one(holder.path, { description: "Deploys the shop." }),
  [`DELETE ${A}`]: async () => [{ path: (await givenHolder(service, home)).path }],
  [`POST ${A}/federated-identity-providers`]: one(trusts, {
    ...named(),
    issuer: issuer.url,
    assertions: [{ item: "repository_id", operator: "equals", value: "777001" }],
  }),
  [`GET ${A}/federated-identity-providers`]: one(trusts),
  [`GET ${A}/federated-identity-providers/{id}`]: one(trust.path),
  [`PATCH ${A}/federated-identity-providers/{id}`]: one(trust.path, { tokenLifetime: 900 }),
  [`DELETE ${A}/federated-identity-providers/{id}`]: async () => [
    { path: (await givenTrustIn(service, holder)).path },
  ],
  [`POST ${A}/evaluate`]: one(`${holder.path}/evaluate`, { claims: CLAIMS, audience: service.url }),
  [`POST ${A}/federated-identity-providers/{id}/evaluate`]: one(`${trust.path}/evaluate`, {
    claims: { ...CLAIMS, repository_id: 777001 },
  }),
  [`POST ${A}/federated-identity-providers/{id}/simulate`]: one(`${trust.path}/simulate`, {
    change: { assertions: [{ item: "repository_id", operator: "in", value: ["777002"] }] },
    days: 1,
  }),
  "GET /v1/trust-templates": one("/v1/trust-templates"),
  "GET /v1/trust-templates/{template}": one("/v1/trust-templates/kubernetes"),
  [`GET ${P}/issuers`]: one(`${home.path}/issuers`),
  [`GET ${P}/receipts`]: one(`${home.path}/receipts`),
  [`GET ${P}/receipts/{receipt}`]: async () => [{ path: `${home.path}/receipts/${await givenReceipt()}` }],
  "GET /v1/receipts/{receipt}": async () => [{ path: `/v1/receipts/${await givenReceipt()}` }],
  [`POST ${A}/federated-identity-providers/{id}/purge-keys`]: async () => {
    const { providers, provider } = await givenTrust(service);
    return [{ path: `${providers}/${provider.id}/purge-keys` }];
  },
  [`POST ${A}/keys`]: one(keys, { algorithm: "EC_P256", validUntil: "2099-01-01T00:00:00Z" }),
  [`GET ${A}/keys`]: one(keys),
  [`GET ${A}/keys/{keyId}`]: async () => {
    await tokenByKey(service, holder);
    return [{ path: holder.keyPath }];
  },
  [`PATCH ${A}/keys/{keyId}`]: one(holder.keyPath, {
    validUntil: new Date(Date.now() + 86400_000).toISOString(),
  }),
  [`DELETE ${A}/keys/{keyId}`]: async () => [{ path: (await givenHolder(service, home)).keyPath }],
  [`POST ${A}/access-tokens`]: one(`${holder.path}/access-tokens`, { reason: "INC-42" }),
  [`POST ${A}/project-tokens`]: one(tokens, named()),
  [`GET ${A}/project-tokens`]: one(tokens),
  [`GET ${A}/project-tokens/{id}`]: one(projectToken.path),
  [`PATCH ${A}/project-tokens/{id}`]: one(projectToken.path, named()),
  [`POST ${A}/project-tokens/{id}/regenerate`]: one(`${projectToken.path}/regenerate`),
  [`DELETE ${A}/project-tokens/{id}`]: async () => [
    { path: (await givenProjectToken(service, holder)).path },
  ],
  [`POST ${P}/resource-servers`]: one(apis, {
    ...named(),
    audience: "https://api.example.com",
    serviceAccount: holder.name,
    permissions: [{ name: "orders:read", description: "Read orders" }],
    tokenLifetime: 900,
    signingAlgorithm: "ES256",
  }),
  [`GET ${P}/resource-servers`]: one(apis),
  [`GET ${P}/resource-servers/{id}`]: one(`${apis}/${resourceServer.id}`),
  [`PATCH ${P}/resource-servers/{id}`]: one(`${apis}/${resourceServer.id}`, { serviceAccount: holder.email }),
  [`DELETE ${P}/resource-servers/{id}`]: async () => [{ path: `${apis}/${(await api()).body.id}` }],
  [`POST ${P}/roles`]: one(roles, { ...named(), description: "Reads.", permissions: ["projects:read"] }),
  [`GET ${P}/roles`]: one(roles),
  [`GET ${P}/roles/{id}`]: one(`${roles}/${ownRole.id}`),
  [`PATCH ${P}/roles/{id}`]: one(`${roles}/${ownRole.id}`, { description: null }),
  [`DELETE ${P}/roles/{id}`]: async () => [{ path: `${roles}/${(await role()).body.id}` }],
  [`POST ${P}/role-bindings`]: one(bindings, {
    principal: { type: "service_account", serviceAccount: holder.name },
    role: "viewer",
    resource: { type: "service_account", serviceAccount: holder.email },
    condition: CONDITION,
  }),
  [`GET ${P}/role-bindings`]: one(bindings),
  [`GET ${P}/role-bindings/{id}`]: one(`${bindings}/${binding.id}`),
  [`PATCH ${P}/role-bindings/{id}`]: one(`${bindings}/${binding.id}`, { condition: CONDITION }),
  [`DELETE ${P}/role-bindings/{id}`]: async () => [{ path: `${bindings}/${(await bind()).body.id}` }],
  [`GET ${P}/members`]: one(`${home.path}/members`),
  [`GET ${P}/access-review/access`]: one(`${home.path}/access-review/access`),
  [`GET ${P}/access-review/unused`]: async () => {
    const { id } = await givenHolder(service, home);
    await env.DB.prepare("UPDATE service_account SET created_at = 1 WHERE id = ?").bind(id).run();
    return [{ path: `${home.path}/access-review/unused?days=365` }];
  },
  [`GET ${P}/access-review/unowned`]: one(`${home.path}/access-review/unowned`),
  [`POST ${P}/revocations`]: async () => {
    const body = { serviceAccount: holder.name, claims: [{ item: "run", value: 7 }] };
    return [
      { path: revocations, body },
      { path: revocations, body: { ...body, dryRun: true } },
      { path: revocations, body: { ...body, issuer: "https://elsewhere.example", issuerKeyId: "k" } },
    ];
  },
  [`GET ${P}/revocations`]: one(revocations),
  [`GET ${P}/revocations/{id}`]: one(`${revocations}/${revocation.id}`),
  "POST /v1/identity-providers": async () => [
    { path: "/v1/identity-providers", body: { ...identityProviderInput(), mapping: { groups: "/a/b" } } },
    { path: "/v1/identity-providers", body: { ...identityProviderInput(), jwks: { keys: [idpKey.jwk] } } },
  ],
  "GET /v1/identity-providers": one("/v1/identity-providers"),
  "GET /v1/identity-providers/{id}": one(`/v1/identity-providers/${identityProvider.id}`),
  "PATCH /v1/identity-providers/{id}": one(`/v1/identity-providers/${identityProvider.id}`, {
    mapping: { groups: "roles", email: null },
    trustsEmail: true,
  }),
  "DELETE /v1/identity-providers/{id}": async () => {
    const { body } = await must(service, "POST", "/v1/identity-providers", identityProviderInput());
    return [{ path: `/v1/identity-providers/${body.id}?cascade=true&acknowledge=last_owner` }];
  },
  "POST /v1/leaked-credentials": async () => {
    const leaked = (await givenProjectToken(service, holder)).text;
    return [{ path: "/v1/leaked-credentials", body: { credentials: [leaked, "nothing of ours"] } }];
  },
  [`GET ${P}/audit-events`]: one(`${home.path}/audit-events?pageSize=200`),
  "GET /v1/audit-events": one("/v1/audit-events?pageSize=200"),
  "GET /v1/signing-keys": one("/v1/signing-keys"),
  "POST /v1/signing-keys/rotate": async () => [
    { path: "/v1/signing-keys/rotate" },
    { path: "/v1/signing-keys/rotate" },
  ],
};

const faultsIn = (body: unknown, schema: JsonSchema) => faultsOf(body, schema, document.components.schemas);
const readsHeader = ({ parameters = [] }: Operation, name: string) =>
  parameters.some((one) => one.in === "header" && one.name === name);

/** An answer is what the document says of its status: the body, whether there is one, and the headers. */
function expectDescribed({ responses }: Operation, answer: Answer): void {
  const described = responses[answer.status] ?? responses.default;
  const [type, content] = Object.entries(described?.content ?? {})[0] ?? [null, undefined];
  expect(answer.headers.get("content-type")?.split(";")[0] ?? null).toBe(type);
  expect(content === undefined ? answer.body : faultsIn(answer.body, content.schema)).toEqual(
    content === undefined ? undefined : [],
  );
  const headers = ["ETag", "Location"].filter((name) => answer.headers.has(name));
  expect(headers).toEqual(Object.keys(described?.headers ?? {}));
}

describe("the document", () => {
  it("has every endpoint of /v1, and each is called here", () => {
    const mounted = v1Routes({ config: { issuerUrl: service.url } } as Deps)
      .routes.filter(({ method, path }) => method !== "ALL" && path !== "/openapi.json")
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const described = operations.map(([name]) => name);
    expect(described.toSorted()).toEqual([...new Set(mounted)].toSorted());
    expect(Object.keys(CALLS).toSorted()).toEqual(described.toSorted());
  });

  it("lets every change of a state that has an ETag be made conditional", () => {
    const changes = operations.filter(([name, { responses }]) => {
      const hasTag = "ETag" in (responses["200"]?.headers ?? {});
      return /^(?:PATCH|DELETE) /.test(name) || (name.startsWith("POST ") && hasTag);
    });
    expect(changes.filter(([, operation]) => !readsHeader(operation, "If-Match"))).toEqual([]);
    expect(changes.map(([name]) => name)).toContain(`POST ${A}/project-tokens/{id}/regenerate`);
  });
});

describe.each(operations)("%s", (name, operation) => {
  const [method = "", template = ""] = name.split(" ");
  const callsOf = async () => {
    const calls = (await CALLS[name]?.()) ?? [];
    const form = new RegExp(`^${template.replace(/\{\w+\}/g, "[^/?]+")}(?:\\?|$)`);
    for (const { path } of calls) expect(path).toMatch(form);
    return calls;
  };

  it("answers what is described, in each status that is described", async () => {
    const statuses = new Set<string>();
    for (const { path, body } of await callsOf()) {
      const answer = await service.call(method, path, body);
      statuses.add(String(answer.status));
      expectDescribed(operation, answer);
      if (Array.isArray(answer.body?.items)) expect(answer.body.items.length).toBeGreaterThan(0);
      const location = answer.headers.get("location");
      if (location !== null) {
        expect((await service.call("GET", location)).body).toMatchObject({ id: answer.body.id });
      }
      if (!readsHeader(operation, "If-None-Match")) continue;
      const known = { "if-none-match": answer.headers.get("etag") ?? "" };
      statuses.add(String((await service.call(method, path, undefined, known)).status));
    }
    expect([...statuses, "default"].toSorted()).toEqual(Object.keys(operation.responses).toSorted());
  });

  it.runIf(readsHeader(operation, "If-Match"))("heeds If-Match", async () => {
    const [call] = await callsOf();
    const answer = await service.call(method, call?.path ?? "", call?.body, { "if-match": '"another"' });
    expect([answer.status, answer.body.code]).toEqual([412, "precondition_failed"]);
    expectDescribed(operation, answer);
  });

  it.runIf(operation.security === undefined)("wants a credential, and says so as a problem", async () => {
    const [call] = await callsOf();
    const response = await service.fetch(call?.path ?? "", { method });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    expect(answer.status).toBe(401);
    expectDescribed(operation, answer);
  });
});
