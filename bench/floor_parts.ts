/** What every path of the floor Worker shares: its bindings, minting, the token's row with its event, codecs. */

export interface Statement {
  bind(...values: readonly unknown[]): Statement;
}

export interface Database {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<readonly { results: readonly Row[] }[]>;
}

export type Row = Readonly<Record<string, string | number | null>>;
export type Members = Readonly<Record<string, unknown>>;

export interface Env {
  readonly DB: Database;
  readonly ISSUER_URL: string;
  readonly BOOTSTRAP_TOKEN: string;
  readonly PROJECT_TOKEN_KEY: string;
  /** The foreign issuer's public JWK, and our private one: imported once, as a warm service would have them. */
  readonly FOREIGN_JWK: string;
  readonly SIGNING_JWK: string;
}

/** One request, read. */
export interface Asked {
  readonly request: Request;
  readonly env: Env;
  readonly form: URLSearchParams;
  readonly startedAtMs: number;
  /** In seconds. */
  readonly now: number;
}

/** What was believed, and for which account. */
export interface Believed {
  readonly account: Row;
  /** The signing key's. */
  readonly kid: string;
  readonly authMethod: "federation" | "key" | "project_token";
  /** The row that vouched. */
  readonly voucherId: string;
  readonly actor: readonly [type: string, id: string];
  readonly claims: Members & { readonly iss: string; readonly sub: string };
  /** Of the token that was shown. */
  readonly shownKid: string | null;
}

interface Token {
  readonly compact: string;
  readonly jti: string;
  readonly sha256: string;
}

export const LIFETIME_SECONDS = 3600;
export const LEEWAY_SECONDS = 60;
export const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const USAGE_RESOLUTION_SECONDS = 60;

export const SELECT_ACCOUNT = `SELECT a.id, a.email, a.project_id, a.disabled, a.expires_at, a.last_used_at,
  p.disabled AS project_disabled FROM service_account a JOIN project p ON p.id = a.project_id WHERE a.email = ?`;
export const SELECT_SIGNING_KEY = `SELECT kid FROM signing_key WHERE activates_at <= ? AND sealed_private_key IS NOT NULL
  ORDER BY activates_at DESC LIMIT 1`;
const INSERT_TOKEN = `INSERT INTO access_token (jti, project_id, service_account_id, federated_identity_provider_id,
  service_account_key_id, project_token_id, auth_method, audience, scope, token_sha256, issued_at, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)`;
const INSERT_EVENT = `INSERT INTO audit_event (id, project_id, service_account_id, created_at, actor_type, actor_id,
  action, target_type, target_id, outcome, detail, request_id, ip, user_agent, issuer, subject, claims, kid, jti,
  token_sha256, duration_ms, rows_changed)
  VALUES (?, ?, ?, ?, ?, ?, 'access_token.exchange', 'access_token', ?, 'granted', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`;

let signing: CryptoKey | undefined;

export function isAlive(account: Row, now: number): boolean {
  const isExpired = account.expires_at !== null && Number(account.expires_at) <= now;
  return !isExpired && account.disabled === 0 && account.project_disabled === 0;
}

export async function mint({ env, now }: Asked, believed: Believed): Promise<Token> {
  const { account, kid, claims, authMethod } = believed;
  const jti = uuidV7();
  const body = {
    iss: env.ISSUER_URL,
    sub: account.id,
    aud: env.ISSUER_URL,
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti,
    client_id: account.id,
    email: account.email,
    project_id: account.project_id,
    auth_method: authMethod,
    ...(authMethod === "federation" ? { federated: { iss: claims.iss, sub: claims.sub } } : {}),
  };
  const unsigned = [{ alg: "ES256", kid, typ: "at+jwt" }, body]
    .map((part) => base64url(utf8(JSON.stringify(part))))
    .join(".");
  signing ??= await crypto.subtle.importKey("jwk", JSON.parse(env.SIGNING_JWK), P256, false, ["sign"]);
  const signature = await crypto.subtle.sign(ES256, signing, utf8(unsigned));
  const compact = `${unsigned}.${base64url(new Uint8Array(signature))}`;
  return { compact, jti, sha256: hex(await sha256(compact)) };
}

/** The token's row and its event: the columns and values that the service writes. */
export function recordOf(asked: Asked, believed: Believed, token: Token): readonly Statement[] {
  const { env, form, now, request } = asked;
  const { account, claims, authMethod, voucherId } = believed;
  const { headers } = request;
  const owner = [account.project_id, account.id];
  const voucher = ["federation", "key", "project_token"].map((by) => (by === authMethod ? voucherId : null));
  return [
    env.DB.prepare(INSERT_TOKEN).bind(
      ...[token.jti, ...owner, ...voucher, authMethod, env.ISSUER_URL, token.sha256],
      ...[now, now + LIFETIME_SECONDS],
    ),
    env.DB.prepare(INSERT_EVENT).bind(
      ...[uuidV7(), ...owner, now, ...believed.actor, token.jti, form.get("grant_type")],
      ...[crypto.randomUUID(), headers.get("cf-connecting-ip"), headers.get("user-agent")],
      ...[claims.iss, claims.sub, JSON.stringify(claims), believed.shownKid, token.jti, token.sha256],
      Date.now() - asked.startedAtMs,
    ),
  ];
}

/** The marks of use, once a minute for each row. */
export function marksOf({ env, now, request }: Asked, account: Row, table: string, row: Row) {
  const isStale = ({ last_used_at: at }: Row) => at === null || Number(at) <= now - USAGE_RESOLUTION_SECONDS;
  const mark = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(now, ...values);
  const client = [request.headers.get("cf-connecting-ip"), request.headers.get("user-agent")];
  const update = `UPDATE ${table} SET last_used_at = ?, last_used_ip = ?, last_used_user_agent = ? WHERE id = ?`;
  return [
    ...(isStale(account)
      ? [mark("UPDATE service_account SET last_used_at = ? WHERE id = ?", account.id)]
      : []),
    ...(isStale(row) ? [mark(update, ...client, row.id)] : []),
  ];
}

export function answer(token: Token, more: object): Response {
  const members = {
    access_token: token.compact,
    token_type: "Bearer",
    expires_in: LIFETIME_SECONDS,
    scope: "",
  };
  return Response.json({ ...members, ...more }, { headers: { "cache-control": "no-store" } });
}

export function refusal(): Response {
  return Response.json({ error: "invalid_request" }, { status: 400 });
}

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
}

/** Sorted by time, as the service's ids are: random ones would cost the indices more. */
function uuidV7(): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const digits = Date.now().toString(16).padStart(12, "0") + hex(random);
  const variant = (8 + ((random[2] ?? 0) % 4)).toString(16);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/** The runtime's own codecs, which this project's TypeScript library does not list yet. */
interface Codec {
  readonly toBase64: (options: object) => string;
  readonly toHex: () => string;
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  type Decode = { fromBase64(text: string, options: object): Uint8Array<ArrayBuffer> };
  return (Uint8Array as unknown as Decode).fromBase64(text, { alphabet: "base64url" });
}

/** A part of a JWT. */
export function membersOf<Shape>(part: string): Shape {
  return JSON.parse(new TextDecoder().decode(bytesOf(part))) as Shape;
}

const UTF8 = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return UTF8.encode(text) as Uint8Array<ArrayBuffer>;
}

function base64url(bytes: Uint8Array): string {
  return (bytes as unknown as Codec).toBase64({ alphabet: "base64url", omitPadding: true });
}

export function hex(bytes: Uint8Array): string {
  return (bytes as unknown as Codec).toHex();
}
