/**
 * The floor: each request with nothing but what physics demands, on the runtime and the bindings of the service.
 * Parse the form, one read batch, verify, check the claims, sign ES256, one write batch, answer. Raw D1 and raw
 * WebCrypto; it explains no refusal, fetches nothing and knows one foreign key. No service, a measure.
 */
import { exchangeAssertion, exchangeProjectToken } from "./floor_credentials.ts";
import { evaluate } from "./floor_evaluation.ts";
import { introspect } from "./floor_introspection.ts";
import {
  type Asked,
  answer,
  type Believed,
  bytesOf,
  type Env,
  isAlive,
  LEEWAY_SECONDS,
  type Members,
  membersOf,
  mint,
  type Row,
  RS256,
  recordOf,
  refusal,
  SELECT_ACCOUNT,
  SELECT_SIGNING_KEY,
  utf8,
} from "./floor_parts.ts";

const ISSUED = { issued_token_type: "urn:ietf:params:oauth:token-type:access_token" };

const SELECT_TRUST = `SELECT id, assertions, disabled FROM federated_identity_provider
  WHERE service_account_id = (SELECT id FROM service_account WHERE email = ?) AND issuer = ?`;

let foreignKey: CryptoKey | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.url.endsWith("/evaluation")) return evaluate(request, env);
    const startedAtMs = Date.now();
    const form = new URLSearchParams(await request.text());
    const asked: Asked = { request, env, form, startedAtMs, now: Math.floor(startedAtMs / 1000) };
    if (form.has("token")) return introspect(asked);
    if (form.has("assertion")) return exchangeAssertion(asked);
    return form.has("client_id") ? exchangeForeignToken(asked) : exchangeProjectToken(asked);
  },
};

async function exchangeForeignToken(asked: Asked): Promise<Response> {
  const { env, form, now } = asked;
  const [header = "", payload = "", signature = ""] = (form.get("subject_token") ?? "").split(".");
  const shownKid = membersOf<{ kid: string }>(header).kid;
  const claims = membersOf<Believed["claims"]>(payload);
  const [account, trust, key] = await read(asked, form.get("client_id") ?? "", claims.iss);
  if (account === undefined || trust === undefined || key === undefined) return refusal();
  if (!isAlive(account, now) || trust.disabled !== 0) return refusal();
  foreignKey ??= await crypto.subtle.importKey("jwk", JSON.parse(env.FOREIGN_JWK), RS256, false, ["verify"]);
  const signed = utf8(`${header}.${payload}`);
  const isAuthentic = await crypto.subtle.verify(RS256, foreignKey, bytesOf(signature), signed);
  if (!isAuthentic || !isBelievable(claims, trust, env, now)) return refusal();
  const actor = ["workload", `${claims.iss} ${claims.sub}`] as const;
  const shown = { claims, shownKid, actor, authMethod: "federation" } as const;
  const believed = { account, kid: String(key.kid), voucherId: String(trust.id), ...shown };
  const token = await mint(asked, believed);
  await env.DB.batch(recordOf(asked, believed, token));
  return answer(token, ISSUED);
}

async function read({ env: { DB }, now }: Asked, email: string, issuer: string) {
  const results = await DB.batch([
    DB.prepare(SELECT_ACCOUNT).bind(email),
    DB.prepare(SELECT_TRUST).bind(email, issuer),
    DB.prepare(SELECT_SIGNING_KEY).bind(now),
  ]);
  return results.map((result) => result.results[0]);
}

function isBelievable(claims: Members, trust: Row, env: Env, now: number): boolean {
  const assertions = JSON.parse(String(trust.assertions)) as readonly { item: string; value: string }[];
  const { exp, nbf, iat, aud } = claims as Readonly<Record<string, number>>;
  const isTimely = [nbf, iat].every((instant) => instant === undefined || instant <= now + LEEWAY_SECONDS);
  if (exp === undefined || exp + LEEWAY_SECONDS <= now || !isTimely) return false;
  return (aud as unknown) === env.ISSUER_URL && assertions.every(({ item, value }) => claims[item] === value);
}
