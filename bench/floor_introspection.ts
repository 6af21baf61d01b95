/** The floor of introspection: SHA-256 of each text, one read batch with a statement for each. @see RFC 7662 */
import { type Asked, type Env, hex, isAlive, membersOf, type Row, refusal, sha256 } from "./floor_parts.ts";

const SELECT_TOKEN = `SELECT t.jti, t.service_account_id, t.audience, t.scope, t.auth_method, t.issued_at,
  t.expires_at AS token_expires_at, a.email, a.project_id, a.disabled, a.expires_at, p.disabled AS project_disabled,
  EXISTS (SELECT 1 FROM revoked_token r WHERE r.jti = t.jti) AS is_revoked,
  (SELECT s.service_account_id FROM resource_server s WHERE s.project_id = t.project_id AND s.audience = t.audience)
    AS api_account_id
  FROM access_token t JOIN service_account a ON a.id = t.service_account_id JOIN project p ON p.id = a.project_id
  WHERE t.jti = ? AND t.token_sha256 = ?`;

let bootstrapHash: Uint8Array | undefined;

export async function introspect(asked: Asked): Promise<Response> {
  const { env, form, now, request } = asked;
  const bearer = (request.headers.get("authorization") ?? "").slice("Bearer ".length);
  const [given, text] = [await sha256(bearer), form.get("token") ?? ""];
  bootstrapHash ??= await sha256(env.BOOTSTRAP_TOKEN);
  const isBootstrap = isSame(given, bootstrapHash);
  const statements = [
    selectToken(env, text, hex(await sha256(text))),
    ...(isBootstrap ? [] : [selectToken(env, bearer, hex(given))]),
  ];
  const [token, caller] = (await env.DB.batch(statements)).map(({ results }) => results[0]);
  if (!isBootstrap && (!isLive(now, caller) || caller.audience !== env.ISSUER_URL)) return refusal();
  const mayKnow = isBootstrap || caller?.service_account_id === token?.api_account_id;
  const headers = { "cache-control": "no-store" };
  if (!isLive(now, token) || !mayKnow) return Response.json({ active: false }, { headers });
  return Response.json(stateOf(asked, token), { headers });
}

export function selectToken({ DB }: Env, compact: string, hash: string) {
  return DB.prepare(SELECT_TOKEN).bind(membersOf<{ jti: string }>(compact.split(".")[1] ?? "").jti, hash);
}

export function isLive(now: number, row: Row | undefined): row is Row {
  if (row === undefined || row.is_revoked !== 0) return false;
  return Number(row.token_expires_at) > now && isAlive(row, now);
}

function stateOf({ env }: Asked, token: Row): object {
  return {
    active: true,
    iss: env.ISSUER_URL,
    sub: token.service_account_id,
    aud: token.audience,
    client_id: token.service_account_id,
    iat: token.issued_at,
    exp: token.token_expires_at,
    jti: token.jti,
    scope: token.scope,
    token_type: "Bearer",
    email: token.email,
    project_id: token.project_id,
    auth_method: token.auth_method,
  };
}

/** Without a way out at the first difference. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.reduce((differs, byte, index) => differs | (byte ^ (other[index] ?? 0)), 0) === 0;
}
