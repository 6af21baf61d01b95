/** `npm run demo`: a CI job's token becomes an access token for one API, end to end, on this machine alone. */
import { buildWorker } from "../scripts/build.ts";
import { type LocalWorker, startLocalWorker } from "../scripts/local_worker.ts";
import { type ForeignIssuer, githubClaims, startForeignIssuer } from "../test/support/foreign_issuer.ts";
import { tellTheKeyStory } from "./key_story.ts";
import { explain, say, step } from "./narrate.ts";
import { openReceipt, tryBeforeItRuns } from "./receipt_story.ts";
import { type Body, call, exchange } from "./service_calls.ts";
import { type ProtectedApi, verifyAtApi } from "./verify_access_token.ts";

const API = "https://orders.example.com";
const RESOURCE_SERVER = {
  name: "orders-api",
  audience: API,
  permissions: [{ name: "orders:write", description: "Place and change orders" }],
};
const ROLE = { name: "order-deployer", permissions: ["orders:write"] };
const ON_API = { type: "resource_server", resourceServer: "orders-api" };

async function main(): Promise<void> {
  step("Start the service (the built Worker in workerd, with its embedded database)");
  await buildWorker();
  const service = await startLocalWorker();
  const issuer = await startForeignIssuer();
  try {
    say(`countersign listens on ${service.url}`);
    step("Start a foreign issuer: the npm package oidc-provider plays the CI's token service");
    say(`its issuer URL is ${issuer.issuer}; nobody here has told countersign about it yet`);
    await tellTheStory(service, issuer);
    await tellTheKeyStory(service);
  } finally {
    await issuer.close();
    await service.close();
  }
  explain(
    "That is all: the job had no secret, the machine one key and no password. Next: npm run dev, docs/.",
  );
}

/** Who may become the account, what the account may do, and what an API makes of it. */
async function tellTheStory(service: LocalWorker, issuer: ForeignIssuer): Promise<void> {
  const { projectId, account } = await setUp(service, issuer);
  const asJobOn = async (ref: string) => {
    const jobToken = await issuer.token(githubClaims({ ref }), { audience: service.url });
    return exchange(service, account, jobToken, API);
  };

  step("A job on main asks for a token for the API: it is believed, but no role lets it do anything there");
  sayRefused(await asJobOn("refs/heads/main"), "invalid_target");
  await sayWhy(service, "target_not_allowed");

  step("The owner makes a role of that permission and binds it to the account, on that API");
  await call(service, "POST", "/v1/projects/shop/roles", ROLE);
  const principal = { type: "service_account", serviceAccount: "deployer" };
  const binding = { principal, role: ROLE.name, resource: ON_API };
  await call(service, "POST", "/v1/projects/shop/role-bindings", binding);
  say(`${ROLE.name} (${ROLE.permissions}) to deployer on orders-api`);

  step("The same job asks again");
  const granted = await asJobOn("refs/heads/main");
  if (granted.status !== 200) throw new Error(`the exchange was refused: ${JSON.stringify(granted.body)}`);
  say(`200: an access token for ${granted.body.expires_in} s, scope ${granted.body.scope}`);

  const api = { issuerUrl: service.url, audience: API, projectId };
  await callTheApi(api, String(granted.body.access_token));
  await callTheApiAsStranger(service, issuer, api);

  step("A job on another branch of the same repository tries the same");
  const refused = await asJobOn("refs/heads/experiment");
  sayRefused(refused, "invalid_request");
  await sayWhy(service, "assertion_failed");
  await openReceipt(service, refused.body);
  await tryBeforeItRuns(service, issuer.issuer);
}

/** Project, service account, its trust in the CI, and the API. */
async function setUp(service: LocalWorker, issuer: ForeignIssuer) {
  step("Create a project and a service account over HTTP");
  const project = await call(service, "POST", "/v1/projects", { name: "shop" });
  const account = await call(service, "POST", "/v1/projects/shop/service-accounts", { name: "deployer" });
  say(`the account is ${account.email}; it has no key and no password`);

  step("Let the account trust one branch of one repository of that issuer");
  const assertions = [
    { item: "repository_id", operator: "equals", value: "777001" },
    { item: "ref", operator: "equals", value: "refs/heads/main" },
  ];
  const trusts = "/v1/projects/shop/service-accounts/deployer/federated-identity-providers";
  await call(service, "POST", trusts, { name: "github-main", issuer: issuer.issuer, assertions });
  for (const { item, operator, value } of assertions) say(`${item} ${operator} ${value}`);

  step("Register the API that it shall call, with the permissions that the API knows");
  await call(service, "POST", "/v1/projects/shop/resource-servers", RESOURCE_SERVER);
  say(`${API} knows ${RESOURCE_SERVER.permissions.map(({ name }) => name)}`);
  return { projectId: String(project.id), account: String(account.email) };
}

async function callTheApi(api: ProtectedApi, token: string): Promise<void> {
  step("The API verifies it with nothing but our public keys (oauth4webapi, RFC 9068)");
  const claims = await verifyAtApi(api, token, "orders:write");
  say(`accepted: sub ${claims.sub}, scope ${claims.scope}`);
  say(`it stands for ${JSON.stringify(claims.federated)}`);
  const refusal = await verifyAtApi(api, token, "orders:delete").catch(messageOf);
  if (refusal !== "insufficient_scope: orders:delete") throw new Error("the API looks at no scope");
  say(`the same token, to delete orders: refused, ${refusal}`);
}

/** An audience is no secret, and whoever owns a project says what its accounts may do at any. */
async function callTheApiAsStranger(service: LocalWorker, issuer: ForeignIssuer, api: ProtectedApi) {
  step("Another project registers the same audience and permits itself all of it");
  const project = "/v1/projects/strangers";
  await call(service, "POST", "/v1/projects", { name: "strangers" });
  const account = await call(service, "POST", `${project}/service-accounts`, { name: "eve" });
  const assertions = [{ item: "repository_id", operator: "equals", value: "777001" }];
  const trust = { name: "ci", issuer: issuer.issuer, assertions };
  await call(service, "POST", `${project}/service-accounts/eve/federated-identity-providers`, trust);
  await call(service, "POST", `${project}/resource-servers`, RESOURCE_SERVER);
  const principal = { type: "service_account", serviceAccount: "eve" };
  await call(service, "POST", `${project}/role-bindings`, { principal, role: "owner", resource: ON_API });
  const jobToken = await issuer.token(githubClaims(), { audience: service.url });
  const { body } = await exchange(service, String(account.email), jobToken, API);
  say(`it gets a token for ${API} with scope ${body.scope}`);
  const refusal = await verifyAtApi(api, String(body.access_token), "orders:write").catch(messageOf);
  if (refusal !== "invalid_token: it is of another project") throw new Error("the API serves strangers");
  say(`the API looks at project_id, and refuses: ${refusal}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sayRefused({ status, body }: { readonly status: number; readonly body: Body }, error: string): void {
  if (status !== 400 || body.error !== error) throw new Error(`expected ${error}, got ${status}`);
  say(`${status} ${error}: ${body.error_description}`);
}

/** The caller is told little; the account's owner reads all of it. */
async function sayWhy(service: LocalWorker, reason: string): Promise<void> {
  const query = "outcome=refused&serviceAccount=deployer";
  const { items } = await call(service, "GET", `/v1/projects/shop/audit-events?${query}`);
  const [event] = items as { reason: string; detail: string }[];
  if (event?.reason !== reason) throw new Error(`expected ${reason}, got ${event?.reason}`);
  say(`the owner reads why, in the audit events: ${event.reason}: ${event.detail}`);
}

await main();
