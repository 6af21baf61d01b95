import type { RunWrangler } from "../../../scripts/wrangler.ts";

export interface Deployment {
  readonly secrets: readonly string[];
  readonly isMigrated: boolean;
  readonly config: string;
}

export interface FakeAccount {
  readonly databases: { uuid: string; name: string }[];
  readonly namespaces: { id: string; title: string }[];
  /** Undefined while there is no Worker; a draft has secrets and no deployment. */
  secrets: Map<string, string> | undefined;
  readonly migrated: Set<string>;
  readonly deployments: Deployment[];
  targets: string[];
  isLoggedIn: boolean;
  /** Every command line, and what went in by standard input. */
  readonly calls: { readonly args: readonly string[]; readonly input: string | undefined }[];
  /** The call of this number fails: before it has any effect, or after. */
  failure: { readonly call: number; readonly when: "before" | "after" } | undefined;
}

interface Answer {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly report?: string;
}

export const WORKERS_DEV_URL = "https://countersign.acme.workers.dev";

export function newFakeAccount(): FakeAccount {
  return {
    databases: [{ uuid: "aaaaaaaa-0000-4000-8000-000000000000", name: "somebody-elses" }],
    namespaces: [{ id: "b".repeat(32), title: "JWKS_CACHE" }],
    secrets: undefined,
    migrated: new Set(),
    deployments: [],
    targets: [WORKERS_DEV_URL, "schedule: 17 * * * *"],
    isLoggedIn: true,
    calls: [],
    failure: undefined,
  };
}

/** Wrangler as a Cloudflare account's state makes it answer; the words are wrangler 4.156's. */
export function fakeWrangler(account: FakeAccount, readConfig: () => string): RunWrangler {
  return async (args, { input } = {}) => {
    account.calls.push({ args, input });
    const failure = account.failure?.call === account.calls.length ? account.failure.when : undefined;
    const answer = failure === "before" ? {} : answerTo(account, args.join(" "), input ?? "", readConfig());
    const failed =
      failure === undefined ? {} : { code: 1, stdout: "", stderr: "✘ [ERROR] fetch failed", report: "" };
    return { code: 0, stdout: "", stderr: "", report: "", ...answer, ...failed };
  };
}

function answerTo(account: FakeAccount, command: string, input: string, config: string): Answer {
  const [, made] = /^(?:d1|kv namespace) create (\S+) --update-config=false$/.exec(command) ?? [];
  if (command === "whoami --json")
    return account.isLoggedIn ? whoami : { code: 1, stdout: '\n{"loggedIn":false}\n' };
  if (command === "d1 list --json") return json(account.databases);
  if (command === "kv namespace list") return json(account.namespaces);
  if (command === "secret list --format json") return listSecrets(account);
  if (command === "secret bulk") return putSecrets(account, input);
  if (command === "d1 migrations apply DB --remote") return migrate(account, config);
  if (command === "deploy") return deploy(account, config);
  if (command === "deploy --dry-run") return { stdout: "--dry-run: exiting now." };
  if (made !== undefined && command.startsWith("d1 ")) return createDatabase(account, made);
  if (made !== undefined) return createNamespace(account, made);
  throw new Error(`The fake account does not know: ${command}`);
}

const whoami: Answer = json({ loggedIn: true, accounts: [{ id: "c".repeat(32), name: "Acme" }] });

function listSecrets({ secrets }: FakeAccount): Answer {
  if (secrets === undefined)
    return { code: 1, stderr: '✘ [ERROR] Worker "countersign" not found.\n\nIf this is …' };
  return json([...secrets.keys()].map((name) => ({ name, type: "secret_text" })));
}

function putSecrets(account: FakeAccount, input: string): Answer {
  account.secrets ??= new Map();
  for (const [name, value] of Object.entries(JSON.parse(input))) account.secrets.set(name, String(value));
  return {};
}

function createDatabase({ databases }: FakeAccount, name: string): Answer {
  if (databases.some((one) => one.name === name))
    return { code: 1, stderr: "A database with that name already exists" };
  databases.push({ uuid: `dddddddd-0000-4000-8000-00000000000${databases.length}`, name });
  return {};
}

function createNamespace({ namespaces }: FakeAccount, title: string): Answer {
  if (namespaces.some((one) => one.title === title)) return { code: 1, stderr: "already exists" };
  namespaces.push({ id: `eeee${namespaces.length}`.padEnd(32, "0"), title });
  return {};
}

function migrate(account: FakeAccount, config: string): Answer {
  const database = account.databases.find(({ uuid }) => config.includes(`database_id = "${uuid}"`));
  if (database === undefined) return { code: 1, stderr: "Couldn't find a D1 DB" };
  account.migrated.add(database.uuid);
  return {};
}

function deploy(account: FakeAccount, config: string): Answer {
  const isNamespaceKnown = account.namespaces.some(({ id }) => config.includes(`id = "${id}"`));
  if (!isNamespaceKnown) return { code: 1, stderr: "KV namespace not found" };
  account.secrets ??= new Map();
  const isMigrated = [...account.migrated].some((uuid) => config.includes(uuid));
  account.deployments.push({ secrets: [...account.secrets.keys()], isMigrated, config });
  const entries = [
    { type: "wrangler-session", version: 1 },
    { type: "deploy", version: 1, targets: account.targets },
  ];
  return { report: entries.map((entry) => `${JSON.stringify(entry)}\n`).join("") };
}

function json(value: unknown): Answer {
  return { stdout: `${JSON.stringify(value, null, 2)}\n` };
}
