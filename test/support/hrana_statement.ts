import Database from "libsql";

export type Connection = Database.Database;

export type WireValue =
  | { type: "null" }
  | { type: "integer" | "text"; value: string }
  | { type: "float"; value: number }
  | { type: "blob"; base64: string };

export type WireStatement = {
  sql?: string;
  sql_id?: number;
  args?: WireValue[];
  named_args?: { name: string; value: WireValue }[];
  want_rows?: boolean;
};

export type WireResult = {
  cols: { name: string; decltype: string | null }[];
  rows: WireValue[][];
  affected_row_count: number;
  last_insert_rowid: string | null;
};

/** One statement: its text, the word that says what it does, and its parameters by position. */
export type Statement = { sql: string; verb: string; parameters: (string | undefined)[] };

/** A failure that Hrana reports inside an answer of 200, under a code such as `SQLITE_CONSTRAINT`. */
export class HranaError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\?\d*|[:@$]\w+|\w+|\s+|[\s\S]/g;
const SPACE_OR_COMMENT = /^(?:\s|--|\/\*)/;
const MAIN_VERBS = new Set(["SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"]);
const INSERTS = new Set(["INSERT", "REPLACE"]);
const WRITES = new Set([...INSERTS, "UPDATE", "DELETE"]);
const NEEDS_LOCK = new Set([...WRITES, "CREATE", "DROP", "ALTER", "REINDEX"]);

/** Cuts a text at the semicolons that end statements, which those inside a trigger's body do not. */
export function parseStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let tokens: string[] = [];
  for (const token of [...(text.match(TOKEN) ?? []), ";"]) {
    const words = tokens.filter((part) => !SPACE_OR_COMMENT.test(part));
    const isEnd = token === ";" && !(isTrigger(words) && words.at(-1)?.toUpperCase() !== "END");
    if (!isEnd) tokens.push(token);
    else {
      const sql = tokens.join("").trim();
      if (words.length > 0) statements.push({ sql, verb: verbOf(words), parameters: parametersOf(words) });
      tokens = [];
    }
  }
  return statements;
}

function isTrigger(words: string[]): boolean {
  return /^CREATE (TEMP |TEMPORARY )?TRIGGER\b/i.test(words.slice(0, 3).join(" "));
}

/** The first word, or behind a `WITH` the first main verb that is not inside its parentheses. */
function verbOf(words: string[]): string {
  const first = words[0]?.toUpperCase() ?? "";
  if (first !== "WITH") return first;
  let depth = 0;
  for (const word of words) {
    if (word === "(") depth += 1;
    if (word === ")") depth -= 1;
    if (depth === 0 && MAIN_VERBS.has(word.toUpperCase())) return word.toUpperCase();
  }
  return first;
}

function parametersOf(words: string[]): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  for (const word of words) {
    if (word === "?") names.push(undefined);
    else if (word.startsWith("?")) names[Number(word.slice(1)) - 1] = word;
    else if (/^[:@$]\w/.test(word) && !names.includes(word)) names.push(word);
  }
  return names;
}

/** The only statement of a text; none or several are refused as the server of libSQL refuses them. */
export function parseStatement(text: string): Statement {
  const [statement, ...more] = parseStatements(text);
  if (!statement) throw new HranaError("SQL_NO_STATEMENT", "SQL string does not contain any statement");
  if (more.length > 0)
    throw new HranaError("SQL_MANY_STATEMENTS", "SQL string contains more than one statement");
  return statement;
}

/** Runs one statement to its end and renders what it answered. */
export function runStatement(connection: Connection, statement: Statement, input: WireStatement): WireResult {
  const values = bindingsOf(statement, input);
  try {
    const native = connection.prepare(statement.sql).safeIntegers(true);
    if (!native.reader) {
      native.run(values);
      return { cols: [], rows: [], ...countsOf(connection, statement) };
    }
    const cols = native.columns().map((column) => ({ name: column.name, decltype: column.type }));
    const rows = native.raw(true).all(values) as unknown[][];
    const shown = input.want_rows === false ? [] : rows.map((row) => row.map(toWire));
    return { cols, rows: shown, ...countsOf(connection, statement) };
  } catch (cause) {
    throw hranaErrorOf(cause, statement.sql);
  }
}

/**
 * The same outside a transaction, with the write lock taken by `exec`. A prepared statement that meets a locked
 * database stays half-run in this driver, and SQLite then commits nothing that follows on its connection.
 */
export function runAlone(connection: Connection, statement: Statement, input: WireStatement): WireResult {
  const { sql, verb } = statement;
  if (!NEEDS_LOCK.has(verb) && verb !== "BEGIN") return runStatement(connection, statement, input);
  try {
    connection.exec(verb === "BEGIN" ? sql : "BEGIN IMMEDIATE");
    if (verb === "BEGIN") return { cols: [], rows: [], ...countsOf(connection, statement) };
    const result = runStatement(connection, statement, input);
    connection.exec("COMMIT");
    return result;
  } catch (cause) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw hranaErrorOf(cause, sql);
  }
}

/** What a prepared statement would answer. The driver does not say what only reads: the verb has to. */
export function describeStatement(connection: Connection, { sql, verb, parameters }: Statement) {
  try {
    const native = connection.prepare(sql);
    const columns = native.reader ? native.columns() : [];
    return {
      params: Array.from(parameters, (name) => ({ name: name ?? null })),
      cols: columns.map((column) => ({ name: column.name, decltype: column.type })),
      is_explain: verb === "EXPLAIN",
      is_readonly: verb === "EXPLAIN" || verb === "SELECT" || verb === "VALUES",
    };
  } catch (cause) {
    throw hranaErrorOf(cause, sql);
  }
}

/** SQLite's own counters outlive the statement that set them: only a write may show them. */
function countsOf(connection: Connection, { verb }: Statement) {
  if (!WRITES.has(verb)) return { affected_row_count: 0, last_insert_rowid: null };
  const counters = connection.prepare("SELECT changes(), last_insert_rowid()").safeIntegers(true).raw(true);
  const [[changes, rowId] = []] = counters.all([]) as bigint[][];
  return {
    affected_row_count: Number(changes),
    last_insert_rowid: INSERTS.has(verb) ? String(rowId) : null,
  };
}

function bindingsOf({ parameters }: Statement, { args = [], named_args = [] }: WireStatement): unknown[] {
  if (args.length > 0 && named_args.length > 0) {
    const message = "Specifying both positional and named arguments is not supported";
    throw new HranaError("ARGS_BOTH_POSITIONAL_AND_NAMED", message);
  }
  const byName = new Map(named_args.map(({ name, value }) => [name.replace(/^[:@$]/, ""), value]));
  return Array.from(parameters, (name, index) => {
    const value = named_args.length > 0 ? byName.get(name?.slice(1) ?? "") : args[index];
    if (value) return fromWire(value);
    const missing = `value for parameter ${name ?? index + 1} not found`;
    throw new HranaError("ARGS_INVALID", `Arguments do not match SQL parameters: ${missing}`);
  });
}

function fromWire(value: WireValue): unknown {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(value.value);
    case "blob":
      return Buffer.from(value.base64, "base64");
    default:
      return value.value;
  }
}

/** The driver tells an INTEGER (bigint, by `safeIntegers`) from a REAL (number). */
function toWire(value: unknown): WireValue {
  if (typeof value === "bigint") return { type: "integer", value: String(value) };
  if (typeof value === "number") return { type: "float", value };
  if (typeof value === "string") return { type: "text", value };
  if (value instanceof Uint8Array) return { type: "blob", base64: unpaddedBase64(value) };
  return { type: "null" };
}

function unpaddedBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

/** Words and codes of the open-source server: the extended code of SQLite stays on its side. */
function hranaErrorOf(cause: unknown, sql: string): unknown {
  if (!(cause instanceof Database.SqliteError)) return cause;
  const { message, code } = cause;
  if (/syntax error|incomplete input|unrecognized token/.test(message)) {
    return new HranaError("SQL_PARSE_ERROR", `SQL string could not be parsed: ${message}`, { cause });
  }
  const column = /^no such column: (?:.*\.)?(.+)$/.exec(message)?.[1];
  if (column) {
    const offset = sql.indexOf(column);
    return new HranaError("SQL_INPUT_ERROR", `SQL input error: ${message} (at offset ${offset})`, { cause });
  }
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? "SQLITE_UNKNOWN";
  const known = primary === "SQLITE_ERROR" ? "SQLITE_UNKNOWN" : primary;
  return new HranaError(known, `SQLite error: ${message}`, { cause });
}
