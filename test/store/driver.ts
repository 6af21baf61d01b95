import type { Database } from "../../src/store/index.ts";

/** What a driver's test file hands to the suite. */
export interface StoreUnderTest {
  readonly db: Database;
  /** Applies the migrations that the database has not seen; safe to repeat. */
  readonly migrate: () => Promise<void>;
  /** The same kind of database, out of reach. */
  readonly unreachable: Database;
  /** The same rows with foreign keys off, as a libSQL server may run; undefined where the driver insists on them. */
  readonly withoutForeignKeys: Database | undefined;
}

export type OpenStore = () => Promise<StoreUnderTest>;

/** The store that a driver's tests share, once it is open. */
export type At = () => StoreUnderTest;
