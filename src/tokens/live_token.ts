import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { Deps } from "../deps.ts";
import {
  type ActingParty,
  type AuthMethod,
  type HeldBinding,
  hasPassed,
  secondsOf,
} from "../protocol/index.ts";
import { chainStands, heldBindingsOf } from "../rbac/index.ts";
import { type Query, readBatch } from "../store/index.ts";
import { sha256Hex } from "./hash.ts";
import { claimsOf } from "./own_claims.ts";
import {
  type ClaimedProjectToken,
  judgeProjectToken,
  type ProjectTokenUse,
  readProjectToken,
} from "./project_token.ts";
import {
  ACCESS_TOKEN,
  type AccessTokenWithOwner,
  PROJECT_TOKEN,
  type ProjectTokenWithOwner,
} from "./token_queries.ts";

/** One of our tokens that is good at this instant, as the database has it. */
export interface LiveToken {
  readonly type: "access_token" | "project_token";
  readonly jti: string;
  readonly tokenSha256: string;
  readonly account: { readonly id: string; readonly email: string; readonly projectId: string };
  readonly audience: string;
  /** The API that it was made for, where bindings on one decided. */
  readonly resourceServerId: string | null;
  /** The account of the API that the audience is, where the project registered one. */
  readonly apiAccountId: string | null;
  /** What it was cut down to; null for one that never is. */
  readonly scope: readonly string[] | null;
  readonly authMethod: AuthMethod;
  /** Who acts with it, nearest first; nobody where the account does itself. */
  readonly act: readonly ActingParty[];
  /** What the account holds, and the workload that it was got by; empty where nobody asked. */
  readonly bindings: readonly HeldBinding[];
  /** Of its project, as they were read. */
  readonly grantsVersion: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** A project token's row, for the mark of its use. */
  readonly projectToken?: ProjectTokenUse;
}

/** What one read found: of each text the token that it is, and the rows of each query beside. */
export interface FoundTokens {
  readonly tokens: readonly (LiveToken | undefined)[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * The tokens that these texts are, each when it is one of ours and good now: known, not expired, not revoked, its
 * account and project there and enabled. One read for all, no cache: a row's SHA-256 is proof enough that we signed
 * exactly this text. @param beside what else the same read is to answer @throws Fault `storage`
 */
export async function findLiveTokens(
  deps: Deps,
  questions: readonly TokenQuestion[],
  beside: readonly Query[] = [],
): Promise<FoundTokens> {
  const sought = await Promise.all(questions.map((question) => seekLiveToken(deps, question)));
  const [first, ...others] = [...sought.flatMap((one) => (one === undefined ? [] : [one.query])), ...beside];
  if (first === undefined) return { tokens: questions.map(() => undefined), rows: [] };
  const results: readonly (readonly unknown[])[] = await readBatch(deps.db, [first, ...others]);
  const found = results.values();
  const judged = sought.map((one) => one?.judge(found.next().value?.[0]));
  return { tokens: await Promise.all(judged), rows: [...found] };
}

/** A text that may be a token of ours, and whether what its account may do is asked too. */
export interface TokenQuestion {
  readonly text: string;
  readonly wantsRights?: boolean;
}

type Verdict = LiveToken | undefined | Promise<LiveToken | undefined>;

/** One text's part of a read, and what its row comes to. */
export interface SoughtToken {
  readonly query: Query;
  readonly judge: (row: unknown) => Verdict;
}

/**
 * A query beside the judge of its row. A batch of any length forgets the types of its rows; the cast gives the judge
 * its own back, which is safe since the caller hands it the row of just this query.
 */
function soughtBy<Row>(
  query: RunnableQuery<Row[], "sqlite">,
  judge: (row: Row | undefined) => Verdict,
): SoughtToken {
  return { query, judge: (row) => judge(row as Row | undefined) };
}

/** For a caller's own read batch; undefined for a text that is none of ours by its form. */
export async function seekLiveToken(
  deps: Deps,
  { text, wantsRights = false }: TokenQuestion,
): Promise<SoughtToken | undefined> {
  const claimed = readProjectToken(text);
  if (claimed !== undefined) {
    const query = PROJECT_TOKEN[wantsRights ? "rights" : "state"](deps.db, { id: claimed.id });
    return soughtBy(query, (row) => projectTokenOf(deps, claimed, row));
  }
  const claims = claimsOf(text);
  if (claims === undefined || claims.iss !== deps.config.issuerUrl) return undefined;
  const query = ACCESS_TOKEN[wantsRights ? "rights" : "state"](deps.db, {
    jti: claims.jti,
    sha256: await sha256Hex(text),
  });
  return soughtBy(query, (row) => accessTokenOf(deps, row));
}

function accessTokenOf({ nowMs }: Deps, row: AccessTokenWithOwner | undefined): LiveToken | undefined {
  const now = secondsOf(nowMs());
  if (row === undefined || row.isRevoked !== 0 || hasPassed(row.token.expiresAt, now) || !isAlive(row, now)) {
    return undefined;
  }
  const { serviceAccountId, scope, act, ...token } = row.token;
  const account = accountOf(row);
  const chain = act ?? [];
  if (!chainStands(chain, account, heldBindingsOf(row.chain), { now, ip: null })) return undefined;
  return {
    type: "access_token",
    ...token,
    account,
    apiAccountId: row.apiAccountId,
    scope: scope.split(" ").filter((name) => name !== ""),
    act: chain,
    bindings: heldBindingsOf(row.rights),
    grantsVersion: row.grantsVersion,
  };
}

async function projectTokenOf(
  deps: Deps,
  claimed: ClaimedProjectToken,
  row: ProjectTokenWithOwner | undefined,
): Promise<LiveToken | undefined> {
  if (row === undefined || !isAlive(row, secondsOf(deps.nowMs()))) return undefined;
  const judged = await judgeProjectToken(deps, claimed, claimed.subject, row.token);
  if (!judged.ok) return undefined;
  return {
    type: "project_token",
    jti: claimed.id,
    tokenSha256: row.token.tokenSha256,
    account: accountOf(row),
    audience: deps.config.issuerUrl,
    resourceServerId: null,
    apiAccountId: null,
    scope: null,
    authMethod: "project_token",
    act: [],
    bindings: heldBindingsOf(row.rights),
    grantsVersion: row.grantsVersion,
    issuedAt: row.token.issuedAt,
    expiresAt: row.token.expiresAt,
    projectToken: row.token,
  };
}

interface OwnerRow {
  readonly email: string;
  readonly projectId: string;
  readonly accountDisabled: number;
  readonly accountExpiresAt: number | null;
  readonly projectDisabled: number;
}

function accountOf({
  token,
  email,
  projectId,
}: OwnerRow & { readonly token: { readonly serviceAccountId: string } }) {
  return { id: token.serviceAccountId, email, projectId };
}

function isAlive({ accountDisabled, accountExpiresAt, projectDisabled }: OwnerRow, now: number): boolean {
  return accountDisabled === 0 && projectDisabled === 0 && !hasPassed(accountExpiresAt, now);
}
