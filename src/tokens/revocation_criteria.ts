import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Deps } from "../deps.ts";
import {
  ACCESS_TOKEN_MAX_SECONDS,
  type ClaimCriterion,
  OWN_CLOCKS_APART_SECONDS,
  type RevocationCriteria,
  segmentsOf,
} from "../protocol/index.ts";
import { idsFrom, schema } from "../store/index.ts";

const { accessToken, auditEvent, projectToken } = schema;

/** Whose tokens, in which project. */
export interface RevocationScope {
  readonly projectId: string;
  readonly criteria: RevocationCriteria;
}

/** The condition on `access_token` for tokens that all criteria hold for. */
export function accessTokensMeant(deps: Deps, { projectId, criteria }: RevocationScope): SQL {
  const columns = [
    sql`${accessToken.projectId} = ${projectId}`,
    ...equal(accessToken.serviceAccountId, criteria.serviceAccountId),
    ...equal(accessToken.serviceAccountKeyId, criteria.keyId),
    ...equal(accessToken.projectTokenId, criteria.projectTokenId),
    ...equal(accessToken.federatedIdentityProviderId, criteria.federatedIdentityProviderId),
  ];
  const hasProvenance = [criteria.issuer, criteria.issuerKeyId, criteria.claims].some(
    (one) => one !== undefined,
  );
  if (hasProvenance)
    columns.push(sql`${accessToken.jti} IN (${recordedJtis(deps, { projectId, criteria })})`);
  return sql.join(columns, sql` AND `);
}

/**
 * The condition on `project_token`; undefined where the criteria speak of what a project token never has: a key, a
 * trust, a foreign token behind it.
 */
export function projectTokensMeant({ projectId, criteria }: RevocationScope): SQL | undefined {
  const { keyId, federatedIdentityProviderId, issuer, issuerKeyId, claims } = criteria;
  const others = [keyId, federatedIdentityProviderId, issuer, issuerKeyId, claims];
  if (others.some((one) => one !== undefined)) return undefined;
  return sql.join(
    [
      sql`${projectToken.projectId} = ${projectId}`,
      ...equal(projectToken.serviceAccountId, criteria.serviceAccountId),
      ...equal(projectToken.id, criteria.projectTokenId),
    ],
    sql` AND `,
  );
}

function equal(column: SQLiteColumn, value: string | undefined): readonly SQL[] {
  return value === undefined ? [] : [sql`${column} = ${value}`];
}

/**
 * The record keeps each exchange's foreign claims, and no live token is older than an hour: by the clock that wrote its
 * event.
 */
const RECORD_SECONDS = ACCESS_TOKEN_MAX_SECONDS + OWN_CLOCKS_APART_SECONDS;

/** The `jti`s of tokens whose exchange the record tells with all that is asked for. */
function recordedJtis({ nowMs }: Deps, { projectId, criteria }: RevocationScope): SQL {
  const conditions = [
    sql`${auditEvent.projectId} = ${projectId}`,
    sql`${auditEvent.id} > ${idsFrom(nowMs() - RECORD_SECONDS * 1000)}`,
    sql`${auditEvent.action} = 'access_token.exchange' AND ${auditEvent.outcome} = 'granted'`,
    ...equal(auditEvent.issuer, criteria.issuer),
    ...equal(auditEvent.kid, criteria.issuerKeyId),
    ...(criteria.claims ?? []).map(claimHolds),
  ];
  return sql`SELECT ${auditEvent.jti} FROM ${auditEvent} WHERE ${sql.join(conditions, sql` AND `)}`;
}

/**
 * Whether a recorded claim has the value, as `equals` judges it: of the same type, a member where it is an array. Its
 * path is walked by keys, one `json_each` a segment: a JSON path in SQL cannot spell every name that JSON allows.
 */
function claimHolds({ item, value }: ClaimCriterion): SQL {
  const segments = segmentsOf(item);
  const levels = segments.map((_, index) => level(index));
  const keys = segments.map((segment, index) => sql`CAST(${sql.raw(`s${index}`)}.key AS TEXT) = ${segment}`);
  const leaf = sql.raw(`s${segments.length - 1}`);
  return sql`EXISTS (SELECT 1 FROM ${sql.join(levels, sql`, `)} WHERE ${sql.join(keys, sql` AND `)} AND (
    ${isValue(leaf, value)} OR (${leaf}.type = 'array'
      AND EXISTS (SELECT 1 FROM json_each(${leaf}.value) m WHERE ${isValue(sql.raw("m"), value)}))))`;
}

function level(index: number): SQL {
  if (index === 0) return sql`json_each(${auditEvent.claims}) s0`;
  const [parent, own] = [sql.raw(`s${index - 1}`), sql.raw(`s${index}`)];
  return sql`json_each(CASE WHEN ${parent}.type IN ('object', 'array') THEN ${parent}.value ELSE '[]' END) ${own}`;
}

function isValue(row: SQL, value: ClaimCriterion["value"]): SQL {
  switch (typeof value) {
    case "string":
      return sql`(${row}.type = 'text' AND ${row}.value = ${value})`;
    case "number":
      return sql`(${row}.type IN ('integer', 'real') AND ${row}.value = ${value})`;
    case "boolean":
      return sql`${row}.type = ${String(value)}`;
  }
}
