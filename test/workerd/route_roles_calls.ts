import { exchangeOf, issuer, type Service } from "./harness.ts";
import { type Ground, givenAccount, resourceOf } from "./route_roles_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** One call that goes through for the operator. */
export interface Call {
  readonly path: string;
  readonly body?: unknown;
}

/** Makes what the call is about anew, so that one call never sees what another has left. */
type Prepare = (service: Service, ground: Ground) => Promise<Call>;

const P = "/v1/projects/{project}";
const A = `${P}/service-accounts/{serviceAccount}`;
const named = () => ({ name: freshName() });
const assertions = [{ item: "repository_id", operator: "equals", value: "777001" }];
const trustInput = () => ({ ...named(), issuer: issuer.url, assertions });
const apiInput = () => ({ ...named(), audience: `https://${freshName()}.example.com` });
const roleInput = () => ({ ...named(), permissions: ["projects:read"] });
const providerInput = () => {
  const name = freshName();
  return { name, issuer: `https://${name}.example.com`, audience: "countersign" };
};

/** A call of one path below the ground's own. */
const at =
  (pathOf: (ground: Ground) => string, body?: () => unknown): Prepare =>
  async (_service, ground) => ({ path: pathOf(ground), body: body?.() });

/** A call of something that is made for it; `more` goes behind its path. */
const ofNew =
  (
    collectionOf: (ground: Ground) => string,
    input: () => unknown,
    body?: () => unknown,
    more = "",
  ): Prepare =>
  async (service, ground) => {
    const collection = collectionOf(ground);
    const made = await must(service, "POST", collection, input());
    return { path: `${collection}/${made.body.id}${more}`, body: body?.() };
  };

const project = ({ home }: Ground) => home.path;
const accounts = ({ home }: Ground) => `${home.path}/service-accounts`;
const account = (ground: Ground) => ground.account.path;
const trusts = (ground: Ground) => `${ground.account.path}/federated-identity-providers`;
const keys = (ground: Ground) => `${ground.account.path}/keys`;
const tokens = (ground: Ground) => `${ground.account.path}/project-tokens`;
const apis = ({ home }: Ground) => `${home.path}/resource-servers`;
const api = (ground: Ground) => ground.api.path;
const roles = ({ home }: Ground) => `${home.path}/roles`;
const bindings = ({ home }: Ground) => `${home.path}/role-bindings`;
const revocations = ({ home }: Ground) => `${home.path}/revocations`;
const providers = () => "/v1/identity-providers";

const keyInput = () => ({ algorithm: "ED25519" });
const later = () => ({ validUntil: new Date(Date.now() + 86400_000).toISOString() });
const revocationOf = ({ account: { id } }: Ground) => ({ serviceAccount: id, reason: "INC-42" });

/** Viewer for somebody else: who may bind at all holds it himself. */
async function bindingInput(service: Service, ground: Ground) {
  const { id } = await givenAccount(service, ground.home);
  const principal = { type: "service_account", serviceAccount: id };
  return { principal, role: "viewer", ...resourceOf(ground, ground.binds) };
}

const evaluationInput = () => ({ claims: { iss: "https://ci.example.com", sub: "job", aud: "x" } });

/** Of a refused exchange for the account. */
async function receiptOf(service: Service, { account: { id } }: Ground): Promise<string> {
  const { body } = await service.exchange(exchangeOf("a.b.c", id));
  return body.error_uri.split("/").at(-1);
}

const ofNewBinding =
  (body?: unknown): Prepare =>
  async (service, ground) => {
    const made = await must(service, "POST", bindings(ground), await bindingInput(service, ground));
    return { path: `${bindings(ground)}/${made.body.id}`, body };
  };

const identityProviders = new WeakMap<Service, string>();

/** One for all calls, as long as none deletes it: there may not be many. */
const ofIdentityProvider =
  (body?: unknown): Prepare =>
  async (service) => {
    const known = identityProviders.get(service) ?? "/v1/identity-providers/none";
    if ((await service.call("GET", known)).status === 200) return { path: known, body };
    const made = await must(service, "POST", providers(), providerInput());
    const path = `${providers()}/${made.body.id}`;
    identityProviders.set(service, path);
    return { path, body };
  };

/** Each route by what OpenAPI calls it. */
export const CALLS: Readonly<Record<string, Prepare>> = {
  "GET /v1/service-accounts/{email}/jwks.json": at(() => "/v1/service-accounts/a@b.example/jwks.json"),
  "POST /v1/projects": at(() => "/v1/projects", named),
  "GET /v1/projects": at(() => "/v1/projects"),
  [`GET ${P}`]: at(project),
  [`PATCH ${P}`]: at(project, () => ({ displayName: freshName() })),
  [`DELETE ${P}`]: at(project),
  [`POST ${P}/service-accounts`]: at(accounts, named),
  [`GET ${P}/service-accounts`]: at(accounts),
  [`GET ${A}`]: at(account),
  [`PATCH ${A}`]: at(account, () => ({ description: freshName() })),
  [`DELETE ${A}`]: at(account),
  [`POST ${A}/access-tokens`]: at(
    (ground) => `${account(ground)}/access-tokens`,
    () => ({ reason: "x" }),
  ),
  [`POST ${A}/federated-identity-providers`]: at(trusts, trustInput),
  [`GET ${A}/federated-identity-providers`]: at(trusts),
  [`GET ${A}/federated-identity-providers/{id}`]: ofNew(trusts, trustInput),
  [`PATCH ${A}/federated-identity-providers/{id}`]: ofNew(trusts, trustInput, () => ({ tokenLifetime: 900 })),
  [`DELETE ${A}/federated-identity-providers/{id}`]: ofNew(trusts, trustInput),
  [`POST ${A}/federated-identity-providers/{id}/purge-keys`]: ofNew(
    trusts,
    trustInput,
    undefined,
    "/purge-keys",
  ),
  [`POST ${A}/evaluate`]: at((ground) => `${account(ground)}/evaluate`, evaluationInput),
  [`POST ${A}/federated-identity-providers/{id}/evaluate`]: ofNew(
    trusts,
    trustInput,
    evaluationInput,
    "/evaluate",
  ),
  [`POST ${A}/federated-identity-providers/{id}/simulate`]: ofNew(
    trusts,
    trustInput,
    () => ({ change: {} }),
    "/simulate",
  ),
  "GET /v1/trust-templates": at(() => "/v1/trust-templates"),
  "GET /v1/trust-templates/{template}": at(() => "/v1/trust-templates/github"),
  [`GET ${P}/issuers`]: at(({ home }) => `${home.path}/issuers`),
  [`GET ${P}/receipts`]: at(({ home }) => `${home.path}/receipts`),
  [`GET ${P}/receipts/{receipt}`]: async (service, ground) => ({
    path: `${ground.home.path}/receipts/${await receiptOf(service, ground)}`,
  }),
  "GET /v1/receipts/{receipt}": async (service, ground) => ({
    path: `/v1/receipts/${await receiptOf(service, ground)}`,
  }),
  [`POST ${A}/keys`]: at(keys, keyInput),
  [`GET ${A}/keys`]: at(keys),
  [`GET ${A}/keys/{keyId}`]: ofNew(keys, keyInput),
  [`PATCH ${A}/keys/{keyId}`]: ofNew(keys, keyInput, later),
  [`DELETE ${A}/keys/{keyId}`]: ofNew(keys, keyInput),
  [`POST ${A}/project-tokens`]: at(tokens, named),
  [`GET ${A}/project-tokens`]: at(tokens),
  [`GET ${A}/project-tokens/{id}`]: ofNew(tokens, named),
  [`PATCH ${A}/project-tokens/{id}`]: ofNew(tokens, named, named),
  [`POST ${A}/project-tokens/{id}/regenerate`]: ofNew(tokens, named, undefined, "/regenerate"),
  [`DELETE ${A}/project-tokens/{id}`]: ofNew(tokens, named),
  [`POST ${P}/resource-servers`]: at(apis, apiInput),
  [`GET ${P}/resource-servers`]: at(apis),
  [`GET ${P}/resource-servers/{id}`]: at(api),
  [`PATCH ${P}/resource-servers/{id}`]: at(api, () => ({ tokenLifetime: 900 })),
  [`DELETE ${P}/resource-servers/{id}`]: at(api),
  [`POST ${P}/roles`]: at(roles, roleInput),
  [`GET ${P}/roles`]: at(roles),
  [`GET ${P}/roles/{id}`]: ofNew(roles, roleInput),
  [`PATCH ${P}/roles/{id}`]: ofNew(roles, roleInput, () => ({ permissions: ["roles:read"] })),
  [`DELETE ${P}/roles/{id}`]: ofNew(roles, roleInput),
  [`POST ${P}/role-bindings`]: async (service, ground) => ({
    path: bindings(ground),
    body: await bindingInput(service, ground),
  }),
  [`GET ${P}/role-bindings`]: at(bindings),
  [`GET ${P}/role-bindings/{id}`]: ofNewBinding(),
  [`PATCH ${P}/role-bindings/{id}`]: ofNewBinding({ description: "x" }),
  [`DELETE ${P}/role-bindings/{id}`]: ofNewBinding(),
  [`GET ${P}/members`]: at(({ home }) => `${home.path}/members`),
  [`GET ${P}/access-review/access`]: at(({ home }) => `${home.path}/access-review/access`),
  [`GET ${P}/access-review/unused`]: at(({ home }) => `${home.path}/access-review/unused`),
  [`GET ${P}/access-review/unowned`]: at(({ home }) => `${home.path}/access-review/unowned`),
  [`POST ${P}/revocations`]: async (service, ground) => {
    await must(service, "POST", tokens(ground), named());
    return { path: revocations(ground), body: revocationOf(ground) };
  },
  [`GET ${P}/revocations`]: at(revocations),
  [`GET ${P}/revocations/{id}`]: async (service, ground) => {
    const made = await must(service, "POST", revocations(ground), revocationOf(ground));
    return { path: `${revocations(ground)}/${made.body.id}` };
  },
  [`GET ${P}/audit-events`]: at(({ home }) => `${home.path}/audit-events`),
  "GET /v1/audit-events": at(() => "/v1/audit-events"),
  "POST /v1/identity-providers": at(providers, providerInput),
  "GET /v1/identity-providers": at(providers),
  "GET /v1/identity-providers/{id}": ofIdentityProvider(),
  "PATCH /v1/identity-providers/{id}": ofIdentityProvider({ trustsEmail: true }),
  "DELETE /v1/identity-providers/{id}": ofIdentityProvider(),
  "POST /v1/leaked-credentials": async (service, ground) => {
    const { body } = await must(service, "POST", tokens(ground), named());
    return { path: "/v1/leaked-credentials", body: { credentials: [body.token] } };
  },
  "GET /v1/signing-keys": at(() => "/v1/signing-keys"),
  "POST /v1/signing-keys/rotate": at(() => "/v1/signing-keys/rotate"),
};
