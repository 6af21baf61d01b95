/** What is there, and therefore what is to be done. Pure. */
import { LOCAL_SECRETS } from "../dev/dev_vars.ts";
import { getTomlString, type TomlPlace } from "./toml.ts";

/** Something the person must mend, and how. */
export class DeployError extends Error {
  override readonly name = "DeployError";
}

export const DATABASE_ID: TomlPlace = { table: "d1_databases", binding: "DB", key: "database_id" };
export const NAMESPACE_ID: TomlPlace = { table: "kv_namespaces", binding: "JWKS_CACHE", key: "id" };
export const ISSUER_URL: TomlPlace = { table: "vars", key: "ISSUER_URL" };

/** What a Worker of ours must have before it runs. */
export const SECRETS = LOCAL_SECRETS;
export type SecretName = (typeof SECRETS)[number];

/** What wrangler.toml says, placeholders of zeros read as "not yet". */
export interface WorkerConfig {
  readonly name: string;
  readonly accountId: string | undefined;
  /** Undefined when the D1 binding was taken out, for libSQL. */
  readonly database: { readonly name: string; readonly id: string | undefined } | undefined;
  readonly namespace: { readonly title: string; readonly id: string | undefined };
  readonly issuerUrl: string;
}

/** One thing in the account, by the name that a person sees. */
export interface Listed {
  readonly id: string;
  readonly name: string;
}

export interface Observed {
  readonly config: WorkerConfig;
  readonly databases: readonly Listed[];
  readonly namespaces: readonly Listed[];
  /** Names of the secrets that the Worker has already. */
  readonly secrets: readonly string[];
}

export type ResourcePlan =
  | { readonly action: "keep" }
  | { readonly action: "adopt"; readonly id: string }
  | { readonly action: "create"; readonly name: string };

export interface Plan {
  /** Undefined: no D1 database is wanted. */
  readonly database: ResourcePlan | undefined;
  readonly namespace: ResourcePlan;
  /** Never one that is set: another SEALING_KEY would make every sealed signing key unreadable. */
  readonly secretsToCreate: readonly SecretName[];
  /** False when accounts are stored in libSQL. */
  readonly migratesD1: boolean;
}

/** @throws DeployError when a part of the configuration that this script relies on is missing */
export function readWorkerConfig(toml: string): WorkerConfig {
  const name = required(getTomlString(toml, { table: "", key: "name" }), "name");
  const databaseName = getTomlString(toml, { ...DATABASE_ID, key: "database_name" });
  const namespaceId = required(
    getTomlString(toml, NAMESPACE_ID),
    "[[kv_namespaces]] with binding JWKS_CACHE and id",
  );
  return {
    name,
    accountId: getTomlString(toml, { table: "", key: "account_id" }),
    database:
      databaseName === undefined
        ? undefined
        : { name: databaseName, id: realId(getTomlString(toml, DATABASE_ID)) },
    // The Worker's name in front: a cache of keys must not be shared with a stranger's Worker.
    namespace: { title: `${name}-JWKS_CACHE`, id: realId(namespaceId) },
    issuerUrl: required(getTomlString(toml, ISSUER_URL), "[vars] ISSUER_URL"),
  };
}

/** @throws DeployError when wrangler.toml names something that this account does not have */
export function planDeploy({ config, databases, namespaces, secrets }: Observed): Plan {
  const { database, namespace } = config;
  if (database === undefined && !secrets.includes("LIBSQL_URL")) {
    throw new DeployError(
      "wrangler.toml has no [[d1_databases]] with binding DB, and the secret LIBSQL_URL is not set: there would be " +
        "nowhere to store accounts. Put either back: `npx wrangler secret put LIBSQL_URL`.",
    );
  }
  return {
    database: database && planResource("D1 database", database.name, database.id, databases),
    namespace: planResource("KV namespace", namespace.title, namespace.id, namespaces),
    secretsToCreate: SECRETS.filter((name) => !secrets.includes(name)),
    migratesD1: database !== undefined && !secrets.includes("LIBSQL_URL"),
  };
}

function planResource(
  kind: string,
  name: string,
  id: string | undefined,
  listed: readonly Listed[],
): ResourcePlan {
  if (id !== undefined && listed.some((one) => one.id === id)) return { action: "keep" };
  if (id !== undefined) {
    throw new DeployError(
      `wrangler.toml names the ${kind} ${id}, which this account does not have. Choose its account with ` +
        `CLOUDFLARE_ACCOUNT_ID, or write zeros for the id to have "${name}" found or made here.`,
    );
  }
  const found = listed.find((one) => one.name === name);
  return found === undefined ? { action: "create", name } : { action: "adopt", id: found.id };
}

/** Our origin, from the targets that wrangler reports: a custom domain was chosen by somebody, so it goes first. */
export function chooseOrigin(targets: readonly string[]): string | undefined {
  const domain = targets.map((target) => /^([\w.-]+) \(custom domain/.exec(target)?.[1]).find(Boolean);
  if (domain !== undefined) return `https://${domain}`;
  const url = targets.find((target) => /^https:\/\/[\w.-]+\.workers\.dev\/?$/.test(target));
  return url && new URL(url).origin;
}

function realId(id: string | undefined): string | undefined {
  return id === undefined || /^[0-]*$/.test(id) ? undefined : id;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined)
    throw new DeployError(`wrangler.toml has no ${what}. Take it from the original file.`);
  return value;
}
