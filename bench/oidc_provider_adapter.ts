/** Storage of `oidc-provider` on SQLite: on disk, in WAL mode, synced at every commit, as the local D1 is. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE model (
    kind TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, expires_at INTEGER,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX model_by_grant ON model (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX model_by_expiry ON model (expires_at) WHERE expires_at IS NOT NULL;`;

/** What `oidc-provider` asks of its storage, as far as a token service gets to use it. */
export interface Adapter {
  upsert(id: string, payload: { grantId?: string }, expiresInSeconds?: number): Promise<void>;
  find(id: string): Promise<object | undefined>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

export interface Adapters {
  readonly adapter: (kind: string) => Adapter;
  save(kind: string, id: string, payload: object): void;
  countGrants(): number;
}

export function openAdapters(directory: string): Adapters {
  const database = new DatabaseSync(join(directory, "oidc_provider.sqlite"));
  database.exec(SCHEMA);
  const upsert = database.prepare("INSERT OR REPLACE INTO model VALUES (?, ?, ?, ?, ?)");
  const find = database.prepare(
    "SELECT payload FROM model WHERE kind = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)",
  );
  const destroy = database.prepare("DELETE FROM model WHERE kind = ? AND id = ?");
  const revoke = database.prepare("DELETE FROM model WHERE grant_id = ?");
  const count = database.prepare("SELECT count(*) AS grants FROM model WHERE kind = 'Grant'");
  const now = () => Math.floor(Date.now() / 1000);
  const adapter = (kind: string): Adapter => ({
    async upsert(id, payload, ttl) {
      const expiresAt = ttl === undefined ? null : now() + ttl;
      upsert.run(kind, id, JSON.stringify(payload), payload.grantId ?? null, expiresAt);
    },
    async find(id) {
      const row = find.get(kind, id, now());
      return row === undefined ? undefined : (JSON.parse(String(row.payload)) as object);
    },
    async destroy(id) {
      destroy.run(kind, id);
    },
    async revokeByGrantId(grantId) {
      revoke.run(grantId);
    },
  });
  return {
    adapter,
    save: (kind, id, payload) => void upsert.run(kind, id, JSON.stringify(payload), null, null),
    countGrants: () => Number(count.get()?.grants),
  };
}
