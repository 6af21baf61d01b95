/** Runs the built Worker in workerd on this machine: for the demo, the flows and the benchmarks. */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { PROJECT_ROOT } from "./wrangler.ts";

export interface LocalWorkerOptions {
  /** Absent: any free port. */
  readonly port?: number;
  /** Where the database and KV live; absent: in memory, gone with the process. */
  readonly directory?: string;
  /** Variables and secrets beside the development ones. */
  readonly vars?: Readonly<Record<string, string>>;
  /** The bundle; absent: what `npm run build` made. */
  readonly scriptPath?: string;
  /** Gets every line that the Worker logs. Absent: they are dropped. */
  readonly onLog?: (line: string) => void;
}

export interface LocalWorker {
  /** Our origin, which is our issuer URL. */
  readonly url: string;
  readonly bootstrapToken: string;
  readonly miniflare: Miniflare;
  close(): Promise<void>;
}

/** Starts the Worker with an empty or a kept database, migrations applied. */
export async function startLocalWorker(options: LocalWorkerOptions = {}): Promise<LocalWorker> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const bootstrapToken = options.vars?.BOOTSTRAP_TOKEN ?? `csb_${randomBytes(32).toString("base64url")}`;
  const config = unstable_readConfig({ config: join(PROJECT_ROOT, "wrangler.toml") }, { hideWarnings: true });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }) => options.onLog?.(message),
      name: "countersign",
      modules: true,
      scriptPath: options.scriptPath ?? join(PROJECT_ROOT, "dist", "index.js"),
      compatibilityDate: config.compatibility_date ?? "",
      compatibilityFlags: config.compatibility_flags,
      d1Databases: { DB: "countersign" },
      kvNamespaces: { JWKS_CACHE: "jwks-cache" },
      ...(options.directory === undefined ? {} : { resourcePersistencePath: options.directory }),
      bindings: {
        ...(config.vars as Record<string, string>),
        ENVIRONMENT: "development",
        ISSUER_URL: url,
        SEALING_KEY: randomBytes(32).toString("base64url"),
        PROJECT_TOKEN_KEY: randomBytes(32).toString("base64url"),
        BOOTSTRAP_TOKEN: bootstrapToken,
        ...options.vars,
      },
    }),
  );
  await miniflare.ready;
  await applyMigrations(miniflare);
  return { url, bootstrapToken, miniflare, close: () => miniflare.dispose() };
}

/** Every migration that this database has not seen, in order; the same table that wrangler keeps. */
async function applyMigrations(miniflare: Miniflare): Promise<void> {
  const database = await miniflare.getD1Database("DB");
  await database.exec(
    "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
  );
  const applied = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const names = new Set(applied.results.map(({ name }) => name));
  const folder = join(PROJECT_ROOT, "migrations");
  for (const name of (await readdir(folder))
    .filter((file) => file.endsWith(".sql") && !names.has(file))
    .sort()) {
    const statements = unstable_splitSqlQuery(await readFile(join(folder, name), "utf8"));
    await database.batch([
      ...statements.map((statement) => database.prepare(statement)),
      database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
