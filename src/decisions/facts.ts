import { eq, type SQL, sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { alias } from "drizzle-orm/sqlite-core";
import type { Context } from "../deps.ts";
import type { ApiPermission, HeldBinding } from "../protocol/index.ts";
import { audiencesOf, heldBindingsOf, heldColumn } from "../rbac/index.ts";
import { type Database, prepared, type Query, schema } from "../store/index.ts";
import type { LiveToken } from "../tokens/index.ts";
import { type VouchedProvider, vouchedPersonsQuery } from "../trust/index.ts";
import type { Evaluation } from "./evaluation.ts";

/** What all questions of one request are decided from. */
export interface EvaluationFacts {
  /** Of whoever asks. */
  readonly context: Context;
  /** Those that are good, by their text. */
  readonly tokens: ReadonlyMap<string, LiveToken>;
  readonly accounts: readonly AccountFact[];
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly servers: readonly ServerFact[];
  readonly providers: readonly VouchedProvider[];
}

/** An account as a question needs it. */
export interface AccountFact {
  readonly id: string;
  readonly email: string;
  readonly projectId: string;
  readonly disabled: boolean;
  readonly projectDisabled: number;
  /** Integer seconds. */
  readonly expiresAt: number | null;
  readonly bindings: readonly HeldBinding[];
}

/** An API as a question needs it. */
export interface ServerFact {
  readonly id: string;
  readonly projectId: string;
  readonly audience: string;
  readonly serviceAccountId: string | null;
  readonly permissions: readonly ApiPermission[];
}

// Short names: every question sends the text of these queries to the database.
const account = alias(schema.serviceAccount, "a");
const project = alias(schema.project, "p");
const server = alias(schema.resourceServer, "s");

/** Whether a column is one of the names that are asked for: a JSON array, since it may be any number. */
function isAsked(...columns: readonly unknown[]): SQL {
  const conditions = columns.map(
    (column) => sql`${column} IN (SELECT value FROM json_each(${sql.placeholder("refs")}))`,
  );
  return sql.join(conditions, sql` OR `);
}

const selectAccounts = prepared((db) =>
  db
    .select({
      id: account.id,
      email: account.email,
      projectId: account.projectId,
      disabled: account.disabled,
      projectDisabled: sql<number>`${project.disabled}`.as("project_disabled"),
      expiresAt: account.expiresAt,
      held: heldColumn(sql`b.principal_type = 'service_account' AND b.principal_id = ${account.id}`).as(
        "held",
      ),
    })
    .from(account)
    .innerJoin(project, eq(project.id, account.projectId))
    .where(isAsked(account.id, account.email)),
);

const selectProjects = prepared((db) =>
  db.select({ id: project.id, name: project.name }).from(project).where(isAsked(project.id, project.name)),
);

const selectServers = prepared((db) =>
  db
    .select({
      id: server.id,
      projectId: server.projectId,
      audience: server.audience,
      serviceAccountId: server.serviceAccountId,
      permissions: server.permissions,
    })
    .from(server)
    .where(isAsked(server.id, server.audience)),
);

/** What the caller's batch is to read, and what its rows, in the same order, come to. */
export interface SoughtFacts {
  readonly queries: readonly Query[];
  readonly factsOf: (rows: readonly (readonly unknown[])[]) => Omit<EvaluationFacts, "context" | "tokens">;
}

/** Reads of all that the questions name, but the tokens; of what none names, nothing is read. */
export function seekFacts(db: Database, evaluations: readonly Evaluation[]): SoughtFacts {
  const named = namesIn(evaluations);
  const refs = (names: readonly string[]) => ({ refs: JSON.stringify([...new Set(names)]) });
  const accounts = named.accounts.length === 0 ? undefined : selectAccounts(db, refs(named.accounts));
  const projects = named.projects.length === 0 ? undefined : selectProjects(db, refs(named.projects));
  const servers = named.servers.length === 0 ? undefined : selectServers(db, refs(named.servers));
  const providers = named.persons.length === 0 ? undefined : vouchedPersonsQuery(db, named.persons);
  return {
    queries: [accounts, projects, servers, providers].filter((query) => query !== undefined),
    factsOf: (rows) => {
      const results = rows.values();
      return {
        accounts: rowsOf(accounts, results).map((row) => ({ ...row, bindings: heldBindingsOf(row.held) })),
        projects: rowsOf(projects, results),
        servers: rowsOf(servers, results),
        providers: rowsOf(providers, results),
      };
    },
  };
}

/** As in `seekLiveToken`: the cast gives a query its own rows back, which a batch of any length forgets the types of. */
function rowsOf<Row>(
  query: RunnableQuery<Row[], "sqlite"> | undefined,
  results: Iterator<readonly unknown[]>,
): readonly Row[] {
  return query === undefined ? [] : ((results.next().value ?? []) as readonly Row[]);
}

function namesIn(evaluations: readonly Evaluation[]) {
  const subjects = evaluations.map(({ subject }) => subject);
  const resources = evaluations.map(({ resource }) => resource);
  return {
    accounts: [...subjects, ...resources].flatMap((one) => (one.type === "service_account" ? [one.ref] : [])),
    projects: resources.flatMap((one) => (one.type === "project" ? [one.ref] : [])),
    servers: resources.flatMap((one) =>
      one.type === "resource_server"
        ? [one.ref, ...audiencesOf(one.ref).map(({ audience }) => audience)]
        : [],
    ),
    persons: subjects.flatMap((one) => (one.type === "person" ? [one] : [])),
  };
}
