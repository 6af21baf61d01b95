import type { Client, InStatement } from "@libsql/client/web";

/** A libSQL client whose batches run as `migrate()` runs them: in one transaction, foreign keys off. */
export function withoutForeignKeys(client: Client): Client {
  const calls: Pick<Client, "execute" | "batch"> = {
    execute: (...args: unknown[]) => Reflect.apply(client.execute, client, args),
    batch: (statements) => client.migrate(statements as InStatement[]),
  };
  return calls as Client;
}
