/**
 * The floor: one token exchange with nothing but what physics demands, on the runtime and the bindings of the
 * service. Parse the form, one read batch, verify RS256, check the claims, sign ES256, one write batch, answer.
 * Raw D1 and raw WebCrypto; it explains no refusal, fetches nothing and knows one foreign key. No service, a measure.
 */

interface Statement {
  bind(...values: readonly unknown[]): Statement;
}

interface Database {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<readonly { results: readonly Row[] }[]>;
}

type Row = Readonly<Record<string, string | number | null>>;
type Members = Readonly<Record<string, unknown>>;

interface Env {
  readonly DB: Database;
  readonly ISSUER_URL: string;
  /** The foreign issuer's public JWK, and our private one: imported once, as a warm service would have them. */
  readonly FOREIGN_JWK: string;
  readonly SIGNING_JWK: string;
}

interface Keys {
  readonly foreign: CryptoKey;
  readonly signing: CryptoKey;
}

const LIFETIME_SECONDS = 3600;
const LEEWAY_SECONDS = 60;
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };

const SELECT_ACCOUNT = `SELECT a.id, a.email, a.project_id, a.disabled, a.expires_at, p.disabled AS project_disabled
  FROM service_account a JOIN project p ON p.id = a.project_id WHERE a.email = ?`;
const SELECT_TRUST = `SELECT id, assertions, disabled FROM federated_identity_provider
  WHERE service_account_id = (SELECT id FROM service_account WHERE email = ?) AND issuer = ?`;
const SELECT_SIGNING_KEY = `SELECT kid FROM signing_key WHERE activates_at <= ? AND sealed_private_key IS NOT NULL
  ORDER BY activates_at DESC LIMIT 1`;
const INSERT_TOKEN = `INSERT INTO access_token (jti, project_id, service_account_id, federated_identity_provider_id,
  auth_method, audience, scope, token_sha256, issued_at, expires_at) VALUES (?, ?, ?, ?, 'federation', ?, '', ?, ?, ?)`;
const INSERT_EVENT = `INSERT INTO audit_event (id, project_id, service_account_id, created_at, actor_type, actor_id,
  action, target_type, target_id, outcome, detail, request_id, ip, user_agent, issuer, subject, claims, kid, jti,
  token_sha256, duration_ms, rows_changed)
  VALUES (?, ?, ?, ?, 'workload', ?, 'access_token.exchange', 'access_token', ?, 'granted', ?, ?, ?, ?, ?, ?, ?, ?, ?,
  ?, ?, 1)`;

let keys: Keys | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const startedAtMs = Date.now();
    const form = new URLSearchParams(await request.text());
    const compact = form.get("subject_token") ?? "";
    const email = form.get("client_id") ?? "";
    const [header = "", payload = "", signature = ""] = compact.split(".");
    const { kid } = JSON.parse(textOf(header)) as { kid: string };
    const claims = JSON.parse(textOf(payload)) as Members & { iss: string; sub: string; exp: number };
    const now = Math.floor(startedAtMs / 1000);
    const [account, trust, key] = await read(env, email, claims.iss, now);
    if (account === undefined || trust === undefined || key === undefined || !isAlive(account, trust, now)) {
      return refusal();
    }
    keys ??= await importKeys(env);
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    const isAuthentic = await crypto.subtle.verify(RS256, keys.foreign, bytesOf(signature), signed);
    if (!isAuthentic || !isBelievable(claims, trust, env, now)) return refusal();
    const token = await mint({ env, account, kid: String(key.kid), claims, now, signing: keys.signing });
    await write(env.DB, { account, trust, claims, kid, token, now, form, request, startedAtMs });
    const answer = {
      access_token: token.compact,
      token_type: "Bearer",
      expires_in: LIFETIME_SECONDS,
      scope: "",
      issued_token_type: TOKEN_TYPE,
    };
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  },
};

async function read({ DB }: Env, email: string, issuer: string, now: number) {
  const results = await DB.batch([
    DB.prepare(SELECT_ACCOUNT).bind(email),
    DB.prepare(SELECT_TRUST).bind(email, issuer),
    DB.prepare(SELECT_SIGNING_KEY).bind(now),
  ]);
  return results.map((result) => result.results[0]);
}

function isAlive(account: Row, trust: Row, now: number): boolean {
  const isExpired = account.expires_at !== null && Number(account.expires_at) <= now;
  return !isExpired && account.disabled === 0 && account.project_disabled === 0 && trust.disabled === 0;
}

function isBelievable(claims: Members, trust: Row, env: Env, now: number): boolean {
  const assertions = JSON.parse(String(trust.assertions)) as readonly { item: string; value: string }[];
  const { exp, nbf, iat, aud } = claims as Readonly<Record<string, number>>;
  const isTimely = [nbf, iat].every((instant) => instant === undefined || instant <= now + LEEWAY_SECONDS);
  if (exp === undefined || exp + LEEWAY_SECONDS <= now || !isTimely) return false;
  return (aud as unknown) === env.ISSUER_URL && assertions.every(({ item, value }) => claims[item] === value);
}

interface Minting {
  readonly env: Env;
  readonly account: Row;
  readonly kid: string;
  readonly claims: { readonly iss: string; readonly sub: string };
  readonly now: number;
  readonly signing: CryptoKey;
}

async function mint({ env, account, kid, claims, now, signing }: Minting) {
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
    auth_method: "federation",
    federated: { iss: claims.iss, sub: claims.sub },
  };
  const encoder = new TextEncoder();
  const unsigned = [{ alg: "ES256", kid, typ: "at+jwt" }, body]
    .map((part) => base64url(encoder.encode(JSON.stringify(part))))
    .join(".");
  const signature = await crypto.subtle.sign(ES256, signing, encoder.encode(unsigned));
  const compact = `${unsigned}.${base64url(new Uint8Array(signature))}`;
  const sha256 = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(compact))));
  return { compact, jti, sha256 };
}

interface Recording {
  readonly account: Row;
  readonly trust: Row;
  readonly claims: { readonly iss: string; readonly sub: string };
  readonly kid: string;
  readonly token: { readonly jti: string; readonly sha256: string };
  readonly now: number;
  readonly form: URLSearchParams;
  readonly request: Request;
  readonly startedAtMs: number;
}

/** The token's row and its event: the columns and values that the service writes, in one batch. */
async function write(db: Database, done: Recording): Promise<void> {
  const { account, trust, claims, kid, token, now } = done;
  const { headers, url } = done.request;
  const owner = [account.project_id, account.id];
  await db.batch([
    db
      .prepare(INSERT_TOKEN)
      .bind(token.jti, ...owner, trust.id, new URL(url).origin, token.sha256, now, now + LIFETIME_SECONDS),
    db
      .prepare(INSERT_EVENT)
      .bind(
        ...[uuidV7(), ...owner, now, `${claims.iss} ${claims.sub}`, token.jti, done.form.get("grant_type")],
        ...[crypto.randomUUID(), headers.get("cf-connecting-ip"), headers.get("user-agent")],
        ...[claims.iss, claims.sub, JSON.stringify(claims), kid, token.jti, token.sha256],
        Date.now() - done.startedAtMs,
      ),
  ]);
}

async function importKeys(env: Env): Promise<Keys> {
  const { subtle } = crypto;
  return {
    foreign: await subtle.importKey("jwk", JSON.parse(env.FOREIGN_JWK), RS256, false, ["verify"]),
    signing: await subtle.importKey("jwk", JSON.parse(env.SIGNING_JWK), P256, false, ["sign"]),
  };
}

function refusal(): Response {
  return Response.json({ error: "invalid_request" }, { status: 400 });
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

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  type Decode = { fromBase64(text: string, options: object): Uint8Array<ArrayBuffer> };
  return (Uint8Array as unknown as Decode).fromBase64(text, { alphabet: "base64url" });
}

function textOf(text: string): string {
  return new TextDecoder().decode(bytesOf(text));
}

function base64url(bytes: Uint8Array): string {
  return (bytes as unknown as Codec).toBase64({ alphabet: "base64url", omitPadding: true });
}

function hex(bytes: Uint8Array): string {
  return (bytes as unknown as Codec).toHex();
}
