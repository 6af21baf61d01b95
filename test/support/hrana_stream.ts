import { setTimeout as sleep } from "node:timers/promises";
import {
  type Connection,
  describeStatement,
  HranaError,
  parseStatement,
  parseStatements,
  runAlone,
  runStatement,
  type Statement,
  type WireResult,
  type WireStatement,
} from "./hrana_statement.ts";

/** One connection, which nobody else uses, and what a client left on it between two requests. */
export type Stream = {
  readonly connection: Connection;
  readonly sqls: Map<number, string>;
  readonly busyTimeoutMs: number;
  readonly closing: AbortSignal;
  isOpen: boolean;
  /** False once a statement may have changed more than rows, so that no other stream may get the connection. */
  isReusable: boolean;
};

type SqlReference = { sql?: string; sql_id?: number };
type Condition =
  | { type: "ok" | "error"; step: number }
  | { type: "not"; cond: Condition }
  | { type: "and" | "or"; conds: Condition[] }
  | { type: "is_autocommit" };
type Batch = { steps: { condition?: Condition | null; stmt: WireStatement }[] };
export type StreamRequest =
  | { type: "execute"; stmt: WireStatement }
  | { type: "batch"; batch: Batch }
  | ({ type: "sequence" | "describe" } & SqlReference)
  | { type: "store_sql"; sql_id: number; sql: string }
  | { type: "close_sql"; sql_id: number }
  | { type: "get_autocommit" | "close" };
type WireError = { message: string; code: string };
type BatchResult = { step_results: (WireResult | null)[]; step_errors: (WireError | null)[] };

/** A request that breaks the protocol: answered with 400, and its stream is closed. */
export class ProtocolFault extends Error {}

const BUSY_RETRY_MS = 5;
const REUSABLE_AFTER = new Set(
  "SELECT VALUES INSERT REPLACE UPDATE DELETE BEGIN COMMIT END ROLLBACK SAVEPOINT RELEASE".split(" "),
);

/** Answers one request of a pipeline; what only this request got wrong is part of the answer. */
export async function answer(stream: Stream, request: StreamRequest): Promise<object> {
  if (!stream.isOpen) throw new ProtocolFault("The stream was closed by an earlier request");
  try {
    return { type: "ok", response: { type: request.type, ...(await perform(stream, request)) } };
  } catch (error) {
    if (error instanceof HranaError) return { type: "error", error: wireErrorOf(error) };
    throw error;
  }
}

async function perform(stream: Stream, request: StreamRequest): Promise<object> {
  switch (request.type) {
    case "execute":
      return { result: await execute(stream, request.stmt) };
    case "batch":
      return { result: await executeBatch(stream, request.batch) };
    case "sequence":
      for (const step of parseStatements(sqlOf(stream, request))) await run(stream, step, {});
      return {};
    case "describe":
      return { result: describeStatement(stream.connection, parseStatement(sqlOf(stream, request))) };
    case "store_sql":
      if (stream.sqls.has(request.sql_id)) throw new ProtocolFault(`SQL ${request.sql_id} is stored already`);
      stream.sqls.set(request.sql_id, request.sql);
      return {};
    case "close_sql":
      stream.sqls.delete(request.sql_id);
      return {};
    case "get_autocommit":
      return { is_autocommit: !stream.connection.inTransaction };
    case "close":
      stream.isOpen = false;
      return {};
    default:
      throw new ProtocolFault("Unknown type of request");
  }
}

function sqlOf(stream: Stream, { sql, sql_id }: SqlReference): string {
  const found = sql ?? (sql_id === undefined ? undefined : stream.sqls.get(sql_id));
  if (found === undefined) throw new ProtocolFault("No SQL text was given, or none is stored under its id");
  return found;
}

function execute(stream: Stream, input: WireStatement): Promise<WireResult> {
  return run(stream, parseStatement(sqlOf(stream, input)), input);
}

/** Like SQLite's busy handler, but without blocking the thread on which the lock's holder has to go on. */
async function run(stream: Stream, statement: Statement, input: WireStatement) {
  const deadline = performance.now() + stream.busyTimeoutMs;
  stream.isReusable &&= REUSABLE_AFTER.has(statement.verb);
  for (;;) {
    const isInTransaction = stream.connection.inTransaction;
    try {
      return (isInTransaction ? runStatement : runAlone)(stream.connection, statement, input);
    } catch (error) {
      const isBusy = error instanceof HranaError && error.code === "SQLITE_BUSY";
      stream.isReusable &&= !(isBusy && isInTransaction);
      if (!isBusy || isInTransaction || performance.now() > deadline) throw error;
    }
    await sleep(BUSY_RETRY_MS, undefined, { signal: stream.closing });
  }
}

async function executeBatch(stream: Stream, { steps }: Batch): Promise<BatchResult> {
  const done: BatchResult = { step_results: [], step_errors: [] };
  for (const [index, { condition, stmt }] of steps.entries()) {
    done.step_results[index] = null;
    done.step_errors[index] = null;
    if (condition && !holds(condition, done, stream.connection)) continue;
    try {
      done.step_results[index] = await execute(stream, stmt);
    } catch (error) {
      if (!(error instanceof HranaError)) throw error;
      done.step_errors[index] = wireErrorOf(error);
    }
  }
  return done;
}

function holds(condition: Condition, done: BatchResult, connection: Connection): boolean {
  switch (condition.type) {
    case "ok":
      return (done.step_results[condition.step] ?? null) !== null;
    case "error":
      return (done.step_errors[condition.step] ?? null) !== null;
    case "not":
      return !holds(condition.cond, done, connection);
    case "and":
      return condition.conds.every((each) => holds(each, done, connection));
    case "or":
      return condition.conds.some((each) => holds(each, done, connection));
    case "is_autocommit":
      return !connection.inTransaction;
    default:
      throw new ProtocolFault("Unknown type of condition");
  }
}

function wireErrorOf({ message, code }: HranaError): WireError {
  return { message, code };
}
