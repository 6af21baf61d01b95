import { type Client, createClient } from "@libsql/client/web";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { type DrizzleD1Database, drizzle as drizzleD1 } from "drizzle-orm/d1";
import { drizzle as drizzleLibsql } from "drizzle-orm/libsql/web";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { Fault } from "../protocol/index.ts";

/**
 * The builder and `batch()` that both drivers share. Results of writes differ between them, so nobody reads
 * those: what a write did is said by the guard of its event.
 */
export type Database = DrizzleD1Database;

/** A read: rows. A write has none, so it does not fit where reads run. */
export type Query = RunnableQuery<readonly unknown[], "sqlite">;

/** A write that has not run yet. Only `audit/commit` runs one. */
export type Statement = BatchItem<"sqlite">;

/** The database behind a D1 binding. */
export function d1Database(binding: D1Database): Database {
  return drizzleD1(binding);
}

/** @param url `libsql:`, `https:` or, for a server on this machine, `http:` */
export function libsqlDatabase(url: string, authToken: string | undefined): Database {
  return asDatabase(
    drizzleLibsql(clientPerCall(() => createClient({ url, ...(authToken ? { authToken } : {}) }))),
  );
}

/**
 * The one cast between the drivers. Safe because every query of ours goes through the builder or `batch()`,
 * which both sessions implement alike; the store suite runs on both.
 */
export function asDatabase(libsql: unknown): Database {
  return libsql as Database;
}

/**
 * A libSQL client queues calls behind promises of its own, and a promise made for one request must not be
 * awaited by another on Workers: so each call gets a client of its own, which costs no connection over HTTP.
 */
function clientPerCall(create: () => Client): Client {
  async function once<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = create();
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }
  const call: Pick<Client, "execute" | "batch"> = {
    execute: (...args: unknown[]) => once((client) => Reflect.apply(client.execute, client, args)),
    // Deferred: a batch that only reads waits for no writer, and still asks the primary.
    batch: (statements) => once((client) => client.batch(statements, "deferred")),
  };
  return call as Client;
}

/** Runs reads in one batch: one round trip, one snapshot. A driver's error becomes a `storage` fault. */
export async function readBatch<T extends Readonly<[Query, ...Query[]]>>(
  db: Database,
  queries: T,
): Promise<BatchResponse<T>> {
  try {
    return await db.batch(queries);
  } catch (error) {
    throw new Fault("storage", "the database did not answer a read", error);
  }
}
