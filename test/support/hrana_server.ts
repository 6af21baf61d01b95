import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import Database from "libsql";
import { type Connection, HranaError } from "./hrana_statement.ts";
import { answer, ProtocolFault, type Stream, type StreamRequest } from "./hrana_stream.ts";

export type HranaServerOptions = {
  /** The database file; one in a new temporary directory, removed at `close()`, unless told. */
  path?: string;
  port?: number;
  /** When given, requests must carry it as a bearer token. */
  authToken?: string;
  /** A stream that its client forgets is closed, and its transaction rolled back, after this time. */
  idleTimeoutMs?: number;
  /** How long a statement waits for another stream's write lock. */
  busyTimeoutMs?: number;
};

export type HranaServer = { url: string; path: string; close(): Promise<void> };

type Engine = {
  path: string;
  options: HranaServerOptions;
  spare: Connection[];
  /** Streams between two requests, by the baton that the next one must show. */
  waiting: Map<string, { stream: Stream; timer: NodeJS.Timeout }>;
  expired: Set<string>;
  closing: AbortController;
};

const IDLE_TIMEOUT_MS = 10_000;
const BUSY_TIMEOUT_MS = 5_000;
const OPEN_SQL = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
  CREATE TEMP TABLE hrana_reset (id INTEGER PRIMARY KEY)`;
/** Leaves `changes()` and `last_insert_rowid()` at 0, as they are on a connection that was just opened. */
const RESET_SQL = "REPLACE INTO temp.hrana_reset VALUES (0); DELETE FROM temp.hrana_reset WHERE 0";

/** A libSQL server in this process, on loopback: Hrana 2 over HTTP in front of a real libSQL file. */
export async function startHranaServer(options: HranaServerOptions = {}): Promise<HranaServer> {
  const directory = options.path === undefined ? await mkdtemp(join(tmpdir(), "hrana-")) : undefined;
  const path = options.path ?? join(directory ?? "", "libsql.db");
  const closing = new AbortController();
  const engine: Engine = { path, options, spare: [], waiting: new Map(), expired: new Set(), closing };
  engine.spare.push(openConnection(path));
  const server = createServer((request, response) => void serve(engine, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    closing.abort();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    for (const { stream, timer } of engine.waiting.values()) {
      clearTimeout(timer);
      closeStream(engine, stream);
    }
    for (const connection of engine.spare.splice(0)) connection.close();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, path, close };
}

async function serve(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authToken } = engine.options;
  try {
    if (authToken !== undefined && request.headers.authorization !== `Bearer ${authToken}`) {
      reply(response, 401, { error: "Authentication failed" });
    } else if (request.method === "GET" && request.url === "/v2") {
      reply(response, 200, "Hello, this is HTTP API v2 (Hrana over HTTP)");
    } else if (request.method === "POST" && request.url === "/v2/pipeline") {
      reply(response, 200, await servePipeline(engine, await text(request)));
    } else reply(response, 404, "Not found");
  } catch (error) {
    if (error instanceof HranaError) reply(response, 500, { message: error.message, code: error.code });
    else reply(response, error instanceof ProtocolFault ? 400 : 500, String(error));
  }
}

function reply(response: ServerResponse, status: number, body: object | string): void {
  const type = typeof body === "string" ? "text/plain" : "application/json";
  response.writeHead(status, { "content-type": type });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

async function servePipeline(engine: Engine, body: string): Promise<object> {
  const { baton, requests } = parsePipeline(body);
  const stream = baton === undefined ? openStream(engine) : takeStream(engine, baton);
  let isKept = false;
  try {
    const results = [];
    for (const request of requests) results.push(await answer(stream, request));
    isKept = stream.isOpen && !engine.closing.signal.aborted;
    return { baton: isKept ? keepStream(engine, stream) : null, base_url: null, results };
  } finally {
    if (!isKept) closeStream(engine, stream);
  }
}

/** The only peer is our own client library, so the shape of a request is trusted beyond this. */
function parsePipeline(body: string): { baton?: string; requests: StreamRequest[] } {
  try {
    const { baton, requests } = JSON.parse(body);
    if (Array.isArray(requests)) return typeof baton === "string" ? { baton, requests } : { requests };
  } catch {}
  throw new ProtocolFault("Could not decode the pipeline");
}

function openConnection(path: string): Connection {
  const connection = new Database(path, { timeout: 0 });
  connection.exec(OPEN_SQL);
  return connection;
}

function openStream(engine: Engine): Stream {
  const connection = engine.spare.pop() ?? openConnection(engine.path);
  const busyTimeoutMs = engine.options.busyTimeoutMs ?? BUSY_TIMEOUT_MS;
  const closing = engine.closing.signal;
  return { connection, sqls: new Map(), busyTimeoutMs, closing, isOpen: true, isReusable: true };
}

function keepStream(engine: Engine, stream: Stream): string {
  const baton = randomUUID();
  const expire = () => {
    engine.waiting.delete(baton);
    engine.expired.add(baton);
    closeStream(engine, stream);
  };
  const timer = setTimeout(expire, engine.options.idleTimeoutMs ?? IDLE_TIMEOUT_MS).unref();
  engine.waiting.set(baton, { stream, timer });
  return baton;
}

function takeStream(engine: Engine, baton: string): Stream {
  const found = engine.waiting.get(baton);
  if (engine.expired.has(baton))
    throw new HranaError("STREAM_EXPIRED", "The stream has expired due to inactivity");
  if (!found) throw new ProtocolFault("The baton is invalid, or was used before");
  clearTimeout(found.timer);
  engine.waiting.delete(baton);
  return found.stream;
}

/** Rolls back by hand: a closed connection keeps its locks until the driver's statements are collected. */
function closeStream(engine: Engine, stream: Stream): void {
  const { connection } = stream;
  stream.isOpen = false;
  if (connection.inTransaction) connection.exec("ROLLBACK");
  if (!stream.isReusable || engine.closing.signal.aborted) connection.close();
  else {
    connection.exec(RESET_SQL);
    engine.spare.push(connection);
  }
}
