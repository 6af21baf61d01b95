/** `npm run demo`: a CI job's token becomes an access token, end to end, on this machine alone. */
import { buildWorker } from "../scripts/build.ts";
import { type LocalWorker, startLocalWorker } from "../scripts/local_worker.ts";
import { type ForeignIssuer, githubClaims, startForeignIssuer } from "../test/support/foreign_issuer.ts";
import { type KeyFile, presentAssertion, signAssertion } from "./key_flow.ts";
import { explain, say, step } from "./narrate.ts";
import { verifyAtApi } from "./verify_access_token.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";

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

async function tellTheStory(service: LocalWorker, issuer: ForeignIssuer): Promise<void> {
  const account = await setUp(service, issuer);

  step("A job on main asks its CI for a token and exchanges it");
  const granted = await exchange(service, account, await jobToken(service, issuer, "refs/heads/main"));
  if (granted.status !== 200) throw new Error(`the exchange was refused: ${JSON.stringify(granted.body)}`);
  say(`200: an access token for ${granted.body.expires_in} s`);

  step("An API verifies it with nothing but our public keys (oauth4webapi, RFC 9068)");
  const claims = await verifyAtApi(service.url, service.url, String(granted.body.access_token));
  say(`accepted: sub ${claims.sub}`);
  say(`it stands for ${JSON.stringify(claims.federated)}`);

  step("A job on another branch of the same repository tries the same");
  const refused = await exchange(service, account, await jobToken(service, issuer, "refs/heads/experiment"));
  if (refused.status !== 400) throw new Error(`expected a refusal, got ${refused.status}`);
  say(`${refused.status} ${refused.body.error}: ${refused.body.error_description}`);

  step("The account's owner reads why, in the audit events");
  const query = "outcome=refused&serviceAccount=deployer";
  const { items } = await call(service, "GET", `/v1/projects/shop/audit-events?${query}`);
  const [event] = items as { reason: string; detail: string; requestId: string }[];
  if (event?.reason !== "assertion_failed") throw new Error("the audit event is missing");
  say(`${event.reason}: ${event.detail}`);
}

/** For what has no identity of its own, such as a machine in a cellar: a key, once written down, and its end. */
async function tellTheKeyStory(service: LocalWorker): Promise<void> {
  const keys = "/v1/projects/shop/service-accounts/backup/keys";
  step("A machine in the cellar has no CI that vouches for it: its account gets a key");
  await call(service, "POST", "/v1/projects/shop/service-accounts", { name: "backup" });
  const file = (await call(service, "POST", keys, { algorithm: "ED25519" })) as unknown as KeyFile;
  say(`the key file is answered once; only its public half stays here (kid ${file.credentials.kid})`);

  step("The machine signs an assertion with it and gets a token (the STACKIT SDKs' key flow)");
  const assertion = await signAssertion(file);
  const granted = await presentAssertion(file, assertion);
  if (granted.status !== 200) throw new Error(`the key flow was refused: ${await granted.text()}`);
  const { access_token: token } = (await granted.json()) as { access_token: string };
  say(
    `200; whoever copied the assertion comes too late: ${(await presentAssertion(file, assertion)).status}`,
  );

  step("The key is switched off: it gets no token any more, and the one it got is dead at once");
  say(`before: ${JSON.stringify({ active: (await introspect(service, token)).active })}`);
  await call(service, "PATCH", `${keys}/${file.credentials.kid}`, { active: false });
  const refused = await presentAssertion(file, await signAssertion(file));
  const { active } = await introspect(service, token);
  if (refused.status === 200 || active !== false) throw new Error("a key that is switched off still works");
  say(`after: a new assertion gets ${refused.status}, introspection says ${JSON.stringify({ active })}`);
}

async function introspect(service: LocalWorker, token: string): Promise<{ readonly active: boolean }> {
  const response = await fetch(`${service.url}/oauth/v2/introspect`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.bootstrapToken}` },
    body: new URLSearchParams({ token }),
  });
  return (await response.json()) as { active: boolean };
}

/** Project, service account, and its trust in the CI: who may become whom. Answers the account's e-mail. */
async function setUp(service: LocalWorker, issuer: ForeignIssuer): Promise<string> {
  step("Create a project and a service account over HTTP");
  await call(service, "POST", "/v1/projects", { name: "shop" });
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
  return String(account.email);
}

function jobToken(service: LocalWorker, issuer: ForeignIssuer, ref: string): Promise<string> {
  return issuer.token(githubClaims({ ref }), { audience: service.url });
}

async function exchange(service: LocalWorker, account: string, token: string) {
  const form = {
    grant_type: TOKEN_EXCHANGE,
    subject_token: token,
    subject_token_type: JWT_TYPE,
    client_id: account,
  };
  const response = await fetch(`${service.url}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function call(service: LocalWorker, method: string, path: string, body?: unknown) {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${service.bootstrapToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

await main();
