import { and, eq, isNull, lte, or } from "drizzle-orm";
import { type AuditEvent, commit, commitRefusal, redactClaims } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { currentSigningKeyQuery, ensureSigningKey, type SealedSigningKey } from "../keyring/index.ts";
import {
  accept,
  type ExchangeRefusal,
  Fault,
  isAuthentic,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { readBatch, type Statement, schema } from "../store/index.ts";
import { insertAccessToken, type MintedToken, mintAccessToken, tokenLifetime } from "../tokens/index.ts";
import {
  type Anchor,
  anchorOf,
  anchorQueries,
  type DecodedJwt,
  decodeJwt,
  judge,
  segmentsOf,
  type TrustedProvider,
} from "../trust/index.ts";
import type { ParameterRefusal, Presentation, TokenParameters } from "./parameters.ts";
import { grantTarget } from "./target.ts";

/** What the caller gets. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scope: readonly string[];
}

/** Everything that one exchange was decided from. */
interface Decision {
  readonly anchor: Anchor;
  readonly jwt: DecodedJwt;
  readonly provider: TrustedProvider;
  readonly audience: string;
}

/** What is known of an exchange when it is refused. */
interface Denial {
  readonly refusal: ExchangeRefusal;
  readonly anchor: Anchor | undefined;
  readonly jwt: DecodedJwt | undefined;
}

/** Decisions whose ground moved before they were committed are made again, this often. */
const DECISIONS_MAX = 3;

/**
 * One exchange, start to end: decode, anchor, believe, permit, mint, record. One read batch, one write batch; the
 * token is answered only after its row and its event are committed.
 * @throws Fault `storage`, `keyring`
 */
export async function exchange(
  context: Context,
  presentation: Presentation,
): Promise<Result<IssuedToken, ExchangeRefusal>> {
  for (let round = 0; round < DECISIONS_MAX; round++) {
    const read = await readGround(context, presentation);
    const decided = await decide(context, presentation, read);
    if (!decided.ok) {
      await recordRefusal(context, decided.refusal);
      return refuse(decided.refusal.refusal);
    }
    const key = read.signingKey ?? (await ensureSigningKey(context));
    const issued = await issue(context, presentation, decided.value, key);
    if (issued !== undefined) return accept(issued);
  }
  throw new Fault("storage", "the account kept changing while an exchange was decided");
}

interface Ground {
  readonly decoded: Result<DecodedJwt, ExchangeRefusal>;
  readonly anchor: Anchor | undefined;
  readonly signingKey: SealedSigningKey | undefined;
}

/** Longest `client_id` that could name an account. */
const SELECTOR_MAX_CHARACTERS = 320;

/** The one read batch. A token that cannot be decoded is anchored all the same: its refusal belongs to a tenant. */
async function readGround({ deps }: Context, presentation: Presentation): Promise<Ground> {
  const decoded = decodeJwt(presentation.jwt);
  const selector = presentation.serviceAccount.slice(0, SELECTOR_MAX_CHARACTERS);
  const issuer = decoded.ok ? decoded.value.issuer : "";
  const [accounts, providers, keys] = await readBatch(deps.db, [
    ...anchorQueries(deps.db, selector, issuer),
    currentSigningKeyQuery(deps.db, secondsOf(deps.nowMs())),
  ]);
  return { decoded, anchor: anchorOf(accounts, providers), signingKey: keys[0] };
}

async function decide(
  context: Context,
  presentation: Presentation,
  { decoded, anchor }: Ground,
): Promise<Result<Decision, Denial>> {
  const jwt = decoded.ok ? decoded.value : undefined;
  const deny = (refusal: ExchangeRefusal) => refuse({ refusal, anchor, jwt });
  if (anchor === undefined) {
    const detail = "client_id names no service account.";
    return deny({ reason: "account_not_found", detail });
  }
  if (!decoded.ok) return deny(decoded.refusal);
  const alive = judgeAlive(context, anchor);
  if (!alive.ok) return deny(alive.refusal);
  const judged = await judge(context, decoded.value, anchor);
  if (!judged.ok) return deny(judged.refusal);
  const target = grantTarget(context.deps.config.issuerUrl, anchor.account, presentation);
  if (!target.ok) return deny(target.refusal);
  return accept({ anchor, jwt: decoded.value, provider: judged.value.provider, audience: target.value });
}

/** A disabled or expired account gets nothing, and nothing is fetched for it. */
function judgeAlive({ deps }: Context, { account, project }: Anchor): Result<true, ExchangeRefusal> {
  if (project.disabled) return refuse({ reason: "project_disabled", detail: "Enable the project to go on." });
  if (account.disabled) return refuse({ reason: "account_disabled", detail: "Enable the account to go on." });
  if (account.expiresAt !== null && account.expiresAt <= secondsOf(deps.nowMs())) {
    return refuse({ reason: "account_expired", detail: "Set a later expiresAt, or null, to go on." });
  }
  return accept(true);
}

/** Mints and records; undefined when the ground moved in between and the decision has to be made again. */
async function issue(
  context: Context,
  presentation: Presentation,
  decision: Decision,
  key: SealedSigningKey,
): Promise<IssuedToken | undefined> {
  const { deps } = context;
  const { account, project } = decision.anchor;
  const { provider, audience, jwt } = decision;
  const lifetimeSeconds = tokenLifetime(secondsOf(deps.nowMs()), account, provider);
  const grant = { audience, scope: [], authMethod: "federation" } as const;
  const token = await mintAccessToken(deps, key, {
    ...grant,
    account,
    lifetimeSeconds,
    federated: { iss: jwt.issuer, sub: jwt.subject },
  });
  const committed = await commit(asWorkload(context, jwt), {
    guarded: insertAccessToken(
      deps,
      { account, project, provider, generation: decision.anchor.generation },
      token,
      grant,
    ),
    event: { ...exchangeEvent(decision.anchor, jwt, token), detail: presentation.grantType },
    after: usageMarks(context, decision),
  });
  if (!committed.ok) return undefined;
  return { accessToken: token.compact, expiresInSeconds: lifetimeSeconds, scope: grant.scope };
}

async function recordRefusal(context: Context, { refusal, anchor, jwt }: Denial): Promise<void> {
  const { reason, detail } = refusal;
  const event = exchangeEvent(anchor, jwt, undefined);
  const refused = { ...(isAuthentic(reason) ? event : abridged(event)), reason, detail };
  const actor = asWorkload(context, jwt);
  await commitRefusal(actor, refused, isAuthentic(reason) ? "authentic" : "forged");
}

const UNPROVEN_TEXT_MAX_CHARACTERS = 128;

/** What a token says that nobody vouches for is a stranger's text: it proves nothing, and could fill the record. */
function abridged(event: AuditEvent): AuditEvent {
  const { issuer, subject, kid } = event.exchange ?? {};
  const cut = (text: string | undefined) => text?.slice(0, UNPROVEN_TEXT_MAX_CHARACTERS);
  return { ...event, exchange: { issuer: cut(issuer), subject: cut(subject), kid: cut(kid) } };
}

/** A request that presents nothing, for an account that it names: its refusal belongs to a tenant too. */
export async function recordUnpresented(
  context: Context,
  parameters: TokenParameters,
  { description }: ParameterRefusal,
): Promise<void> {
  const selector = parameters.single.get("client_id");
  if (selector === undefined) return;
  const { db } = context.deps;
  const [accounts] = await readBatch(db, anchorQueries(db, selector.slice(0, SELECTOR_MAX_CHARACTERS), ""));
  const anchor = anchorOf(accounts, []);
  await recordRefusal(context, {
    refusal: { reason: "request_malformed", detail: description },
    anchor,
    jwt: undefined,
  });
}

/** Until the token is believed, its names are what it says of itself; the event's outcome tells which. */
function asWorkload(context: Context, jwt: DecodedJwt | undefined): Context {
  return { ...context, actor: { type: "workload", issuer: jwt?.issuer ?? "", subject: jwt?.subject ?? "" } };
}

function exchangeEvent(
  anchor: Anchor | undefined,
  jwt: DecodedJwt | undefined,
  token: MintedToken | undefined,
): AuditEvent {
  const judged = anchor?.providers.flatMap(({ assertions }) => assertions) ?? [];
  const first = judged.map(({ item }) => segmentsOf(item)[0] ?? "");
  return {
    action: "access_token.exchange",
    target: { type: "access_token", id: token?.jti },
    projectId: anchor?.account.projectId,
    serviceAccountId: anchor?.account.id,
    exchange: {
      issuer: jwt?.issuer,
      subject: jwt?.subject,
      kid: jwt?.kid,
      claims: jwt === undefined ? undefined : redactClaims(jwt.claims, first),
      jti: token?.jti,
      tokenSha256: token?.sha256,
    },
  };
}

/** `lastUsedAt` is exact to a minute, so that a busy account does not rewrite its rows with every exchange. */
const USAGE_RESOLUTION_SECONDS = 60;

function usageMarks({ deps }: Context, { anchor, provider }: Decision): readonly Statement[] {
  const now = secondsOf(deps.nowMs());
  const stale = now - USAGE_RESOLUTION_SECONDS;
  const tables = [
    [schema.serviceAccount, anchor.account],
    [schema.federatedIdentityProvider, provider],
  ] as const;
  return tables
    .filter(([, row]) => row.lastUsedAt === null || row.lastUsedAt <= stale)
    .map(([table, row]) =>
      deps.db
        .update(table)
        .set({ lastUsedAt: now })
        .where(and(eq(table.id, row.id), or(isNull(table.lastUsedAt), lte(table.lastUsedAt, stale)))),
    );
}
