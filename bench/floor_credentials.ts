/** The floor of an account's own credentials: a self-signed assertion that is spent, and a project token. */
import {
  type Asked,
  answer,
  type Believed,
  bytesOf,
  hex,
  isAlive,
  LEEWAY_SECONDS,
  marksOf,
  membersOf,
  mint,
  type Row,
  RS256,
  recordOf,
  refusal,
  SELECT_ACCOUNT,
  SELECT_SIGNING_KEY,
  sha256,
  utf8,
} from "./floor_parts.ts";

const HS256 = { name: "HMAC", hash: "SHA-256" };
const SELECT_KEY = `SELECT id, public_jwk, active, valid_until, last_used_at FROM service_account_key
  WHERE id = ? AND service_account_id = (SELECT id FROM service_account WHERE email = ?)`;
const SPEND = "INSERT INTO spent_assertion (voucher_id, jti, expires_at) VALUES (?, ?, ?)";
const SELECT_ACCOUNT_BY_ID = SELECT_ACCOUNT.replace("a.email = ?", "a.id = ?");
const SELECT_PROJECT_TOKEN = `SELECT id, service_account_id, token_sha256, expires_at, revoked_at, last_used_at
  FROM project_token WHERE id = ?`;

interface Registered {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly exp: number;
  readonly jti: string;
  readonly [name: string]: unknown;
}

const accountKeys = new Map<string, CryptoKey>();
let projectTokenKey: CryptoKey | undefined;

/** The key flow: verify RS256, spend the `jti`. @see RFC 7523 */
export async function exchangeAssertion(asked: Asked): Promise<Response> {
  const { env, form, now } = asked;
  const [header = "", payload = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const { kid } = membersOf<{ kid: string }>(header);
  const claims = membersOf<Registered>(payload);
  const [account, key, signing] = await read(asked, [
    env.DB.prepare(SELECT_ACCOUNT).bind(claims.sub),
    env.DB.prepare(SELECT_KEY).bind(kid, claims.sub),
  ]);
  if (account === undefined || key === undefined || signing === undefined) return refusal();
  const isUsable = key.active === 1 && (key.valid_until === null || Number(key.valid_until) > now);
  if (!isUsable || !isAlive(account, now)) return refusal();
  const isAuthentic = await crypto.subtle.verify(
    RS256,
    await accountKeyOf(kid, key),
    bytesOf(signature),
    utf8(`${header}.${payload}`),
  );
  if (!isAuthentic || claims.iss !== claims.sub || !isTimelyForUs(asked, claims)) return refusal();
  const spend = env.DB.prepare(SPEND).bind(kid, claims.jti, claims.exp + LEEWAY_SECONDS);
  const believed = believedOf(account, signing, claims, { authMethod: "key", voucherId: kid, shownKid: kid });
  const token = await mint(asked, believed);
  const marks = marksOf(asked, account, "service_account_key", key);
  try {
    await env.DB.batch([spend, ...recordOf(asked, believed, token), ...marks]);
  } catch {
    return refusal();
  }
  return answer(token, { refresh_token: "" });
}

/** A project token: verify HS256, compare the SHA-256 with its row's. */
export async function exchangeProjectToken(asked: Asked): Promise<Response> {
  const { env, form, now } = asked;
  const compact = form.get("subject_token") ?? "";
  const [header = "", payload = "", signature = ""] = compact.split(".");
  const claims = membersOf<Registered>(payload);
  const [account, row, signing] = await read(asked, [
    env.DB.prepare(SELECT_ACCOUNT_BY_ID).bind(claims.sub),
    env.DB.prepare(SELECT_PROJECT_TOKEN).bind(claims.jti),
  ]);
  if (account === undefined || row === undefined || signing === undefined) return refusal();
  if (!isAlive(account, now) || row.service_account_id !== account.id || row.revoked_at !== null) {
    return refusal();
  }
  const secret = utf8(env.PROJECT_TOKEN_KEY);
  projectTokenKey ??= await crypto.subtle.importKey("raw", secret, HS256, false, ["verify"]);
  const signed = utf8(`${header}.${payload}`);
  const isAuthentic = await crypto.subtle.verify(HS256, projectTokenKey, bytesOf(signature), signed);
  const isThis = row.token_sha256 === hex(await sha256(compact));
  if (!isAuthentic || !isThis || Number(row.expires_at) <= now) return refusal();
  const voucher = { authMethod: "project_token", voucherId: claims.jti, shownKid: null } as const;
  const believed = believedOf(account, signing, claims, voucher);
  const token = await mint(asked, believed);
  const marks = marksOf(asked, account, "project_token", row);
  await env.DB.batch([...recordOf(asked, believed, token), ...marks]);
  return answer(token, { issued_token_type: "urn:ietf:params:oauth:token-type:access_token" });
}

async function read({ env: { DB }, now }: Asked, two: Parameters<typeof DB.batch>[0]) {
  const results = await DB.batch([...two, DB.prepare(SELECT_SIGNING_KEY).bind(now)]);
  return results.map((result) => result.results[0]);
}

function believedOf(
  account: Row,
  signing: Row,
  claims: Registered,
  voucher: Pick<Believed, "authMethod" | "voucherId" | "shownKid">,
): Believed {
  const actor = ["service_account", String(account.id)] as const;
  return { account, kid: String(signing.kid), claims, actor, ...voucher };
}

async function accountKeyOf(kid: string, key: Row): Promise<CryptoKey> {
  const known = accountKeys.get(kid);
  if (known !== undefined) return known;
  const jwk = JSON.parse(String(key.public_jwk)) as JsonWebKey;
  const imported = await crypto.subtle.importKey("jwk", jwk, RS256, false, ["verify"]);
  accountKeys.set(kid, imported);
  return imported;
}

function isTimelyForUs({ env, now }: Asked, { aud, exp }: Registered): boolean {
  return aud === env.ISSUER_URL && exp + LEEWAY_SECONDS > now && exp <= now + 3600 + LEEWAY_SECONDS;
}
