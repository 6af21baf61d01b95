/** The order of a deployment. Each step looks first, so that a run that stopped half way is simply run again. */
import { secretValue } from "../dev/dev_vars.ts";
import type { RunWrangler } from "../wrangler.ts";
import {
  applyRemoteMigrations,
  checkLogin,
  checkSecrets,
  createDatabase,
  createNamespace,
  deployWorker,
  listDatabases,
  listNamespaces,
  listSecrets,
  putSecrets,
} from "./account.ts";
import {
  chooseOrigin,
  DATABASE_ID,
  DeployError,
  ISSUER_URL,
  type Listed,
  NAMESPACE_ID,
  type Plan,
  planDeploy,
  type ResourcePlan,
  readWorkerConfig,
  type SecretName,
  type WorkerConfig,
} from "./plan.ts";
import { setTomlString, type TomlPlace } from "./toml.ts";

/** A secret shorter than this is refused by the Worker. */
const SECRET_MIN_CHARACTERS = 32;

/** The world of a deployment, replaced as a whole by tests. */
export interface DeployWorld {
  readonly runWrangler: RunWrangler;
  /** wrangler.toml */
  readonly readConfig: () => Promise<string>;
  readonly writeConfig: (text: string) => Promise<void>;
  /** 32 random bytes as base64url. */
  readonly randomSecret: () => string;
  readonly say: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** From an account to a running service. @throws DeployError that says what to do; running again goes on from there */
export async function deploy(world: DeployWorld): Promise<void> {
  const { runWrangler: run, say } = world;
  say("Looking at your Cloudflare account ...");
  const configText = await world.readConfig();
  const config = readWorkerConfig(configText);
  await checkLogin(run, {
    apiToken: world.env.CLOUDFLARE_API_TOKEN,
    accountId: config.accountId ?? world.env.CLOUDFLARE_ACCOUNT_ID,
  });
  const plan = await observe(run, config);
  await settle(world, plan.database, DATABASE_ID, {
    kind: "D1 database",
    create: createDatabase,
    list: listDatabases,
  });
  await settle(world, plan.namespace, NAMESPACE_ID, {
    kind: "KV namespace",
    create: createNamespace,
    list: listNamespaces,
  });
  // A Worker that runs has its secrets and its tables: those come first, the code last.
  await createSecrets(world, config.name, plan.secretsToCreate);
  if (plan.migratesD1) {
    say("Applying migrations ...");
    await applyRemoteMigrations(run);
  } else say("Accounts are stored in libSQL, whose migrations are yours to apply: npm run migrate:libsql");
  const origin = await deployUnderOwnUrl(world);
  if ((await world.readConfig()) !== configText) say("wrangler.toml has changed: commit it.");
  say(farewell(origin));
}

/** Everything that needs no account. */
export async function rehearse(world: DeployWorld): Promise<void> {
  const config = readWorkerConfig(await world.readConfig());
  const secrets = config.database === undefined ? ["LIBSQL_URL"] : [];
  const plan = planDeploy({ config: withoutIds(config), databases: [], namespaces: [], secrets });
  world.say("A rehearsal: the account is neither asked nor changed. In an empty account, this would");
  for (const line of describePlan(plan, config.issuerUrl)) world.say(`  - ${line}`);
  world.say("Building the Worker ...");
  const result = await world.runWrangler(["deploy", "--dry-run"]);
  world.say([result.stdout, result.stderr].join("\n").trim());
  if (result.code !== 0) throw new DeployError("The Worker does not build; mend that first.");
}

function withoutIds({ database, namespace, ...config }: WorkerConfig) {
  return {
    ...config,
    database: database && { ...database, id: undefined },
    namespace: { ...namespace, id: undefined },
  };
}

function describePlan(
  { database, namespace, secretsToCreate, migratesD1 }: Plan,
  issuerUrl: string,
): string[] {
  const name = (resource: ResourcePlan) => (resource.action === "create" ? ` "${resource.name}"` : "");
  return [
    ...(database ? [`make the D1 database${name(database)} and write its id into wrangler.toml`] : []),
    `make the KV namespace${name(namespace)} and write its id into wrangler.toml`,
    `set the secrets ${secretsToCreate.join(", ")}`,
    ...(migratesD1 ? ["apply migrations/ to the database"] : []),
    issuerUrl === ""
      ? "deploy, write the URL into wrangler.toml as ISSUER_URL, and deploy again"
      : `deploy as ${issuerUrl}`,
  ];
}

async function observe(run: RunWrangler, config: WorkerConfig): Promise<Plan> {
  return planDeploy({
    config,
    databases: config.database === undefined ? [] : await listDatabases(run),
    namespaces: await listNamespaces(run),
    secrets: await listSecrets(run, config.name),
  });
}

interface Resource {
  readonly kind: string;
  readonly create: (run: RunWrangler, name: string) => Promise<void>;
  readonly list: (run: RunWrangler) => Promise<Listed[]>;
}

/** Makes the resource if it is missing, and writes its id where wrangler reads it. */
async function settle(
  world: DeployWorld,
  plan: ResourcePlan | undefined,
  place: TomlPlace,
  resource: Resource,
): Promise<void> {
  if (plan === undefined || plan.action === "keep") return;
  const id = plan.action === "adopt" ? plan.id : await createAndFind(world, plan.name, resource);
  await world.writeConfig(setTomlString(await world.readConfig(), place, id));
  world.say(`Wrote the ${resource.kind}'s id into wrangler.toml.`);
}

async function createAndFind(
  { runWrangler: run, say }: DeployWorld,
  name: string,
  resource: Resource,
): Promise<string> {
  say(`Making the ${resource.kind} "${name}" ...`);
  await resource.create(run, name);
  const made = (await resource.list(run)).find((one) => one.name === name);
  if (made === undefined) {
    throw new DeployError(
      `The ${resource.kind} "${name}" is made but not listed yet. Run this again in a minute.`,
    );
  }
  return made.id;
}

/** Values given in the environment are taken as they are; others are random, and only the bootstrap token is ever shown. */
async function createSecrets(
  world: DeployWorld,
  worker: string,
  names: readonly SecretName[],
): Promise<void> {
  if (names.length === 0) return;
  const { env, randomSecret, runWrangler: run, say } = world;
  const values = Object.fromEntries(
    names.map((name) => [name, env[name] || secretValue(name, randomSecret)]),
  );
  const short = names.find((name) => (values[name] ?? "").length < SECRET_MIN_CHARACTERS);
  if (short !== undefined) {
    throw new DeployError(
      `${short} in the environment needs ${SECRET_MIN_CHARACTERS} random characters or more.`,
    );
  }
  say(`Setting ${names.join(", ")} ...`);
  await putSecrets(run, values);
  // At once: whatever fails from here on, the next run will find it set and not show it.
  const isToldNow = names.includes("BOOTSTRAP_TOKEN") && !env.BOOTSTRAP_TOKEN;
  if (isToldNow) {
    say(
      `\nBOOTSTRAP_TOKEN, shown this once (keep it in your password manager):\n\n  ${values.BOOTSTRAP_TOKEN}\n`,
    );
  }
  await checkSecrets(run, worker, names);
}

/** The first time, only the deployment tells our URL; until ISSUER_URL is set the Worker refuses to work. */
async function deployUnderOwnUrl(world: DeployWorld): Promise<string> {
  const { runWrangler: run, say } = world;
  say("Deploying ...");
  const targets = await deployWorker(run);
  const { issuerUrl } = readWorkerConfig(await world.readConfig());
  if (issuerUrl !== "") return issuerUrl;
  const origin = chooseOrigin(targets);
  if (origin === undefined) {
    throw new DeployError(
      "It is deployed, but has no workers.dev URL. Write the origin that clients use as ISSUER_URL into wrangler.toml, and run this again.",
    );
  }
  await world.writeConfig(setTomlString(await world.readConfig(), ISSUER_URL, origin));
  say(`Wrote ISSUER_URL = "${origin}" into wrangler.toml. Deploying with it ...`);
  await deployWorker(run);
  return origin;
}

function farewell(origin: string): string {
  return `
countersign runs at ${origin} (a new address may take a minute to answer).
Next, make a project:

  curl -H "Authorization: Bearer $BOOTSTRAP_TOKEN" -H 'content-type: application/json' -d '{"name":"shop"}' ${origin}/v1/projects
`;
}
