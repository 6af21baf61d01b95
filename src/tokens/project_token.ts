import { eq, sql } from "drizzle-orm";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import { hasProjectTokenSignature, PROJECT_TOKEN_PREFIX, signProjectToken } from "../keyring/index.ts";
import {
  accept,
  type ExchangeRefusal,
  hasPassed,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { prepared, schema } from "../store/index.ts";
import { sha256Hex } from "./hash.ts";
import { claimsOf } from "./own_claims.ts";

const { projectToken } = schema;

/** What a use looks at; the rest of the row stays where it is. */
export const PROJECT_TOKEN_COLUMNS = {
  id: projectToken.id,
  serviceAccountId: projectToken.serviceAccountId,
  tokenSha256: projectToken.tokenSha256,
  issuedAt: projectToken.issuedAt,
  expiresAt: projectToken.expiresAt,
  revokedAt: projectToken.revokedAt,
  lastUsedAt: projectToken.lastUsedAt,
  version: projectToken.version,
};

/** A project token as whoever uses it needs it. */
export type ProjectTokenUse = Pick<typeof projectToken.$inferSelect, keyof typeof PROJECT_TOKEN_COLUMNS>;

/** What a text that looks like a project token says of itself. Nothing of it is believed yet. */
export interface ClaimedProjectToken {
  readonly compact: string;
  readonly id: string;
  /** The account's id. */
  readonly subject: string;
  readonly issuer: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Undefined when it is none of ours by its form. */
export function readProjectToken(compact: string): ClaimedProjectToken | undefined {
  if (!compact.startsWith(PROJECT_TOKEN_PREFIX)) return undefined;
  const claims = claimsOf(compact);
  if (claims === undefined) return undefined;
  return { compact, id: claims.jti, subject: claims.sub, issuer: claims.iss, claims };
}

/** jose would also take white space, padding and stray bits: 43 characters of HS256 leave two bits, which are zero. */
const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** For a caller's own read batch. */
export const projectTokenQuery = prepared((db) =>
  db
    .select(PROJECT_TOKEN_COLUMNS)
    .from(projectToken)
    .where(eq(projectToken.id, sql.placeholder("id"))),
);

/**
 * Whether this very text is the project token that its row stands for, now: the signature is ours and the hash is the
 * row's, so neither a database reader nor a holder of PROJECT_TOKEN_KEY can make one alone.
 */
export async function judgeProjectToken(
  { config, nowMs }: Deps,
  { compact }: ClaimedProjectToken,
  serviceAccountId: string,
  row: ProjectTokenUse | undefined,
): Promise<Result<ProjectTokenUse, ExchangeRefusal>> {
  if (config.projectTokenKey === undefined) {
    return refuse({ reason: "project_tokens_off", detail: "The operator sets PROJECT_TOKEN_KEY." });
  }
  if (!(await hasProjectTokenSignature(config, compact))) {
    return refuse({ reason: "signature_invalid", detail: "The project token was not signed here." });
  }
  if (row === undefined || row.serviceAccountId !== serviceAccountId || !FORM.test(compact)) {
    return refuse({ reason: "project_token_unknown", detail: "It is another account's, or was never made." });
  }
  if (row.revokedAt !== null) {
    return refuse({ reason: "project_token_revoked", detail: "It was revoked; make another." });
  }
  if (row.tokenSha256 !== (await sha256Hex(compact))) {
    return refuse({ reason: "project_token_revoked", detail: "It was made anew since; use the new one." });
  }
  if (hasPassed(row.expiresAt, secondsOf(nowMs()))) {
    return refuse({ reason: "token_expired", detail: "The project token has expired; make it anew." });
  }
  return accept(row);
}

/** What a project token says of itself; integer seconds. */
export interface NewProjectToken {
  readonly id: string;
  readonly account: { readonly id: string; readonly email: string; readonly projectId: string };
  readonly generation: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The token itself, answered once, and the hash that its row keeps. @throws Fault `configuration` */
export async function mintProjectToken(
  config: Config,
  { id, account, generation, issuedAt, expiresAt }: NewProjectToken,
): Promise<{ readonly compact: string; readonly sha256: string }> {
  const compact = await signProjectToken(config, {
    iss: config.issuerUrl,
    sub: account.id,
    aud: config.issuerUrl,
    iat: issuedAt,
    exp: expiresAt,
    jti: id,
    generation,
    email: account.email,
    project_id: account.projectId,
    auth_method: "project_token",
  });
  return { compact, sha256: await sha256Hex(compact) };
}
