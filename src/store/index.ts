/**
 * Where rows live: the schema, the one Database type that D1 and libSQL share, ids and cursors.
 * Knows no rule; hands statements to the driver and tells a lost race from a lost database.
 */
export { decodeCursor, type Page, type PageRequest, pageOf } from "./cursor.ts";
export {
  asDatabase,
  type Database,
  d1Database,
  libsqlDatabase,
  type Query,
  readBatch,
  type Statement,
} from "./database.ts";
export { failureOf } from "./failures.ts";
export { idsFrom, isUuid, newId } from "./ids.ts";
export { insertSelect } from "./insert_select.ts";
export { placeholdersOf, prepared } from "./prepared.ts";
export * as schema from "./schema.ts";
