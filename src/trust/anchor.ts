import { and, asc, eq, sql } from "drizzle-orm";
import { PROVIDERS_PER_ACCOUNT_MAX } from "../protocol/index.ts";
import { type Database, isUuid, schema } from "../store/index.ts";

const account = schema.serviceAccount;
const provider = schema.federatedIdentityProvider;
const { project, keyPurge } = schema;

export type TrustedProvider = typeof provider.$inferSelect;

/** The account that an exchange is for, as the database has it now, and whom it trusts for exactly this issuer. */
export interface Anchor {
  readonly account: typeof account.$inferSelect;
  readonly project: { readonly disabled: boolean; readonly version: number };
  /** Of the project's key cache for this issuer; empty while it never purged. */
  readonly generation: string;
  readonly providers: readonly TrustedProvider[];
}

/**
 * The reads that find who vouches, for the exchange's one batch. Columns carry names of their own: D1 hands a
 * batch's rows over as objects, where two columns of one name would become one.
 * @param selector e-mail or id @param issuer the token's `iss`, compared byte for byte
 */
export function anchorQueries(db: Database, selector: string, issuer: string) {
  const named = isUuid(selector) ? eq(account.id, selector) : eq(account.email, selector);
  const accountQuery = db
    .select({
      account,
      projectDisabled: sql<number>`${project.disabled}`.as("project_disabled"),
      projectVersion: sql<number>`${project.version}`.as("project_version"),
      generation: sql<string | null>`${keyPurge.generation}`.as("generation"),
    })
    .from(account)
    .innerJoin(project, eq(project.id, account.projectId))
    .leftJoin(keyPurge, and(eq(keyPurge.projectId, account.projectId), eq(keyPurge.issuer, issuer)))
    .where(named);
  const accountId = db.select({ id: account.id }).from(account).where(named);
  const providersQuery = db
    .select()
    .from(provider)
    .where(and(eq(provider.serviceAccountId, sql`(${accountId})`), eq(provider.issuer, issuer)))
    .orderBy(asc(provider.id))
    .limit(PROVIDERS_PER_ACCOUNT_MAX);
  return [accountQuery, providersQuery] as const;
}

type AccountRow = Awaited<ReturnType<typeof anchorQueries>[0]>[number];

/** What the two queries found, as one; undefined where no such account is. */
export function anchorOf(
  rows: readonly AccountRow[],
  providers: readonly TrustedProvider[],
): Anchor | undefined {
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    account: row.account,
    project: { disabled: row.projectDisabled !== 0, version: row.projectVersion },
    generation: row.generation ?? "",
    providers,
  };
}
