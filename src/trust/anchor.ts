import { and, asc, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { SigningAlgorithm } from "../config.ts";
import { type ApiPermission, type HeldBinding, PROVIDERS_PER_ACCOUNT_MAX } from "../protocol/index.ts";
import { heldBindingsOf, heldColumn } from "../rbac/index.ts";
import { type Database, isUuid, prepared, schema } from "../store/index.ts";

// Short names: every exchange sends the text of these queries to the database.
const account = alias(schema.serviceAccount, "a");
const project = alias(schema.project, "p");
const key = alias(schema.serviceAccountKey, "k");
const provider = alias(schema.federatedIdentityProvider, "f");
const keyPurge = alias(schema.keyPurge, "g");
const api = alias(schema.resourceServer, "s");

/** What an exchange looks at; the rest of the rows stays where it is. */
const ACCOUNT_COLUMNS = {
  id: account.id,
  projectId: account.projectId,
  email: account.email,
  allowedAudiences: account.allowedAudiences,
  tokenLifetime: account.tokenLifetime,
  disabled: account.disabled,
  expiresAt: account.expiresAt,
  lastUsedAt: account.lastUsedAt,
  version: account.version,
};
const PROVIDER_COLUMNS = {
  id: provider.id,
  name: provider.name,
  assertions: provider.assertions,
  jwks: provider.jwks,
  tokenLifetime: provider.tokenLifetime,
  disabled: provider.disabled,
  lastUsedAt: provider.lastUsedAt,
  version: provider.version,
  mode: provider.mode,
  singleUse: provider.singleUse,
  maxTokenAge: provider.maxTokenAge,
  leeway: provider.leeway,
  learnedIds: provider.learnedIds,
};

const KEY_COLUMNS = {
  id: key.id,
  publicJwk: key.publicJwk,
  active: key.active,
  validUntil: key.validUntil,
  lastUsedAt: key.lastUsedAt,
  version: key.version,
};

/** A key that the account registered. */
export type AccountKey = Pick<typeof key.$inferSelect, keyof typeof KEY_COLUMNS>;
/** One of the account's trusts in an issuer. */
export type TrustedProvider = Pick<typeof provider.$inferSelect, keyof typeof PROVIDER_COLUMNS>;

/** An API as the token for it needs it. */
export interface TargetedApi {
  readonly id: string;
  readonly audience: string;
  readonly permissions: readonly ApiPermission[];
  readonly tokenLifetime: number | null;
  readonly signingAlgorithm: SigningAlgorithm | null;
}

/** The account that an exchange is for, as the database has it now, and whom it trusts for exactly this issuer. */
export interface Anchor {
  readonly account: Pick<typeof account.$inferSelect, keyof typeof ACCOUNT_COLUMNS>;
  /** `grantsVersion` moves with whoever may do what in the project. */
  readonly project: { readonly disabled: boolean; readonly version: number; readonly grantsVersion: number };
  /** The API that the token is asked for, where the project registered it. */
  readonly api: TargetedApi | undefined;
  /** What the account holds on that API, or else of ours; and what any workload of the issuer may. */
  readonly bindings: readonly HeldBinding[];
  /** Of the project's key cache for this issuer; empty while it never purged. */
  readonly generation: string;
  readonly providers: readonly TrustedProvider[];
}

/**
 * The reads that find who vouches, for the exchange's one batch. Columns carry names of their own: D1 hands a
 * batch's rows over as objects, where two columns of one name would become one.
 */
export function anchorQueries(db: Database, { selector, issuer, pins, audiences }: AnchorQuestion) {
  const by = isUuid(selector) ? BY_ID : BY_EMAIL;
  const asked = { selector, issuer };
  return [
    by.account(db, { ...asked, audiences: JSON.stringify(audiences) }),
    pins.length === 0
      ? by.providers(db, asked)
      : by.pinnedProviders(db, { ...asked, pins: JSON.stringify(pins) }),
  ] as const;
}

/** What an exchange asks of the database. */
export interface AnchorQuestion {
  /** E-mail or id. */
  readonly selector: string;
  /** The token's `iss`, compared byte for byte; empty where nothing foreign was shown. */
  readonly issuer: string;
  /** What the token says of itself that trusts are found by; none to read them all. */
  readonly pins: readonly string[];
  /** Which API may be meant; of several that are registered, the one with the longest audience is. */
  readonly audiences: readonly string[];
}

/** The account's own key of this kid, in place of its trusts. @param selector e-mail or id */
export function accountKeyQuery(db: Database, selector: string, kid: string) {
  return (isUuid(selector) ? BY_ID : BY_EMAIL).key(db, { selector, kid });
}

type Name = typeof account.id | typeof account.email;

const BY_ID = preparedBy(account.id);
const BY_EMAIL = preparedBy(account.email);

function preparedBy(name: Name) {
  return {
    account: prepared((db) => accountQuery(db, name)),
    providers: prepared((db) => providersQuery(db, name)),
    pinnedProviders: prepared((db) => providersQuery(db, name, "pinned")),
    key: prepared((db) => keyQuery(db, name)),
  };
}

const TARGETED_API_ID = sql`(SELECT x.id FROM resource_server x
  WHERE x.project_id = ${account.projectId}
    AND x.audience IN (SELECT value FROM json_each(${sql.placeholder("audiences")}))
  ORDER BY length(x.audience) DESC LIMIT 1)`;

const API = sql<
  string | null
>`CASE WHEN ${api.id} IS NULL THEN NULL ELSE json_object('id', ${api.id}, 'audience', ${api.audience},
  'permissions', json(${api.permissions}), 'tokenLifetime', ${api.tokenLifetime},
  'signingAlgorithm', ${api.signingAlgorithm}) END`;

/** An account may hold hundreds: for one API those of others stay where they are. Of ours some are on an API too. */
const HELD = heldColumn(sql`(b.principal_type = 'service_account' AND b.principal_id = ${account.id}
    OR b.principal_type = 'workloads' AND b.principal_id = ${sql.placeholder("issuer")} AND b.project_id = ${account.projectId})
  AND (${api.id} IS NULL OR b.resource_type = 'project' OR b.resource_id = ${api.id})`);

function accountQuery(db: Database, name: Name) {
  const ofIssuer = and(
    eq(keyPurge.projectId, account.projectId),
    eq(keyPurge.issuer, sql.placeholder("issuer")),
  );
  return db
    .select({
      account: ACCOUNT_COLUMNS,
      projectDisabled: sql<number>`${project.disabled}`.as("project_disabled"),
      projectVersion: sql<number>`${project.version}`.as("project_version"),
      grantsVersion: sql<number>`${project.grantsVersion}`.as("grants_version"),
      api: API.as("api"),
      held: HELD.as("held"),
      generation: sql<string | null>`${keyPurge.generation}`.as("generation"),
    })
    .from(account)
    .innerJoin(project, eq(project.id, account.projectId))
    .leftJoin(keyPurge, ofIssuer)
    .leftJoin(api, eq(api.id, TARGETED_API_ID))
    .where(eq(name, sql.placeholder("selector")));
}

function accountIdQuery(db: Database, name: Name) {
  return db
    .select({ id: account.id })
    .from(account)
    .where(eq(name, sql.placeholder("selector")));
}

function keyQuery(db: Database, name: Name) {
  return db
    .select(KEY_COLUMNS)
    .from(key)
    .where(
      and(eq(key.id, sql.placeholder("kid")), eq(key.serviceAccountId, sql`(${accountIdQuery(db, name)})`)),
    );
}

const IS_PINNED = sql`IN (SELECT value FROM json_each(${sql.placeholder("pins")}))`;

/**
 * The account's trusts in the issuer. Pinned: of many those whose pin the token meets, and those without one; where it
 * meets none, all, so that it can be told why.
 */
function providersQuery(db: Database, name: Name, which: "all" | "pinned" = "all") {
  const owner = sql`(${accountIdQuery(db, name)})`;
  const isMet = sql`EXISTS (SELECT 1 FROM federated_identity_provider m WHERE m.service_account_id = ${owner}
    AND m.issuer = ${sql.placeholder("issuer")} AND m.disabled = 0 AND m.pin ${IS_PINNED})`;
  return db
    .select(PROVIDER_COLUMNS)
    .from(provider)
    .where(
      and(
        eq(provider.serviceAccountId, owner),
        eq(provider.issuer, sql.placeholder("issuer")),
        which === "all"
          ? undefined
          : sql`(${provider.pin} IS NULL OR ${provider.pin} ${IS_PINNED} OR NOT ${isMet})`,
      ),
    )
    .orderBy(asc(provider.id))
    .limit(PROVIDERS_PER_ACCOUNT_MAX);
}

type AccountRow = Awaited<ReturnType<typeof accountQuery>>[number];

/** What the two queries found, as one; undefined where no such account is. */
export function anchorOf(
  rows: readonly AccountRow[],
  providers: readonly TrustedProvider[],
): Anchor | undefined {
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    account: row.account,
    project: {
      disabled: row.projectDisabled !== 0,
      version: row.projectVersion,
      grantsVersion: row.grantsVersion,
    },
    // Our own query wrote it, as just this object.
    api: row.api === null ? undefined : (JSON.parse(row.api) as TargetedApi),
    bindings: heldBindingsOf(row.held),
    generation: row.generation ?? "",
    providers,
  };
}
