import { env } from "cloudflare:workers";
import { base64url, exportJWK, generateKeyPair, SignJWT } from "jose";
import { type Answer, exchangeOf, givenTrust, type Service, startService } from "./harness.ts";
import type { RoleHome } from "./role_kit.ts";
import { freshName } from "./token_holders.ts";

/** An issuer of one test's own, which answers in the test's `fetch` and counts what it is asked. */
export interface CountedIssuer {
  readonly url: string;
  readonly kid: string;
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] };
  /** How often it was asked. */
  asked(): number;
  readonly fetch: typeof fetch;
  /** @param key of a forger, in place of the issuer's */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: CryptoKey): Promise<string>;
}

export async function newIssuer(
  url = `https://${freshName()}.example.com`,
  nowMs: () => number = Date.now,
): Promise<CountedIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const kid = freshName();
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" }] };
  let asked = 0;
  const answer: typeof fetch = async (input) => {
    asked += 1;
    const isDiscovery = String(input).endsWith("/.well-known/openid-configuration");
    return Response.json(isDiscovery ? { issuer: url, jwks_uri: `${url}/jwks` } : jwks);
  };
  return {
    url,
    kid,
    jwks,
    asked: () => asked,
    fetch: answer,
    sign(claims = {}, header = {}, key = privateKey) {
      const now = Math.floor(nowMs() / 1000);
      const all = {
        iss: url,
        sub: "job",
        aud: env.ISSUER_URL,
        iat: now,
        exp: now + 600,
        team: "shop",
        ...claims,
      };
      const payload = JSON.parse(JSON.stringify(all)) as Record<string, unknown>;
      return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid, ...header }).sign(key);
    },
  };
}

export const SHOP = [{ item: "team", operator: "equals", value: "shop" }];

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails on the rest
export type Receipt = any;

type Given = Awaited<ReturnType<typeof givenTrust>>;

/** A project whose account `deployer` trusts an issuer of the test's own for `SHOP`. */
export interface Stage extends Given {
  readonly service: Service;
  readonly issuer: CountedIssuer;
  readonly root: string;
  readonly trustPath: string;
  exchange(token: string, more?: Record<string, string>): Promise<Answer>;
  /** The receipt that a refused answer points to, as the operator sees it. */
  receiptOf(answer: Answer): Promise<Receipt>;
  /** The youngest receipt of the project. */
  lastReceipt(query?: string): Promise<Receipt>;
  evaluate(body: Record<string, unknown>): Promise<Answer>;
  simulate(change: Record<string, unknown>, more?: Record<string, unknown>): Promise<Answer>;
}

export interface StageOptions {
  readonly overrides?: Parameters<typeof startService>[0];
  readonly issuer?: CountedIssuer;
  readonly trust?: Record<string, unknown>;
}

export async function givenStage({ overrides, issuer, trust = {} }: StageOptions = {}): Promise<Stage> {
  const own = issuer ?? (await newIssuer());
  const service = startService({ fetch: own.fetch, ...overrides });
  return stageIn(service, own, trust);
}

export async function stageIn(
  service: Service,
  issuer: CountedIssuer,
  trust: Record<string, unknown> = {},
): Promise<Stage> {
  const given = await givenTrust(service, { name: "shop", issuer: issuer.url, assertions: SHOP, ...trust });
  const root = `/v1/projects/${given.project}`;
  const trustPath = `${given.providers}/${given.provider.id}`;
  const open = async (path: string) => {
    const { status, body } = await service.call("GET", path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body as Receipt;
  };
  return {
    ...given,
    service,
    issuer,
    root,
    trustPath,
    exchange: (token, more) => service.exchange(exchangeOf(token, given.account.email, more)),
    receiptOf: ({ body }) => open(String(body.error_uri).slice(service.url.length)),
    lastReceipt: async (query = "") => (await open(`${root}/receipts?pageSize=1&${query}`)).items[0],
    evaluate: (body) => service.call("POST", `${given.accounts}/deployer/evaluate`, body),
    simulate: (change, more) => service.call("POST", `${trustPath}/simulate`, { change, ...more }),
  };
}

/** Where more callers of its project are made. */
export function homeOf({ root, project, accounts }: Stage): RoleHome {
  return {
    id: project,
    name: project,
    path: root,
    accounts,
    roles: `${root}/roles`,
    bindings: `${root}/role-bindings`,
    apis: `${root}/resource-servers`,
  };
}

/** No key of an issuer is left in KV; a fresh isolate has none in memory either. */
export async function emptyKv(): Promise<void> {
  for (const { name } of (await env.JWKS_CACHE.list()).keys) await env.JWKS_CACHE.delete(name);
}

export async function strangersKey(): Promise<CryptoKey> {
  return (await generateKeyPair("ES256")).privateKey;
}

/** Of each stage what became of it, those that passed left out. */
export function stagesOf({ stages }: Receipt): Record<string, string> {
  const told = (stages as { stage: string; result: string }[]).filter(({ result }) => result !== "passed");
  return Object.fromEntries(told.map(({ stage, result }) => [stage, result]));
}

/** A compact JWT of somebody's, in form: it stands for a credential that must not be seen anywhere. */
export function looseToken(mark: string = crypto.randomUUID()) {
  const part = (value: unknown) => base64url.encode(JSON.stringify(value));
  const parts = [part({ alg: "ES256", typ: "JWT" }), part({ sub: mark }), base64url.encode(mark.repeat(2))];
  return { text: parts.join("."), parts: parts.slice(1) };
}

/** How many rows a table has, of one account. */
export async function rowsOf(table: string, where = "1 = 1", ...values: unknown[]): Promise<number> {
  const query = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).bind(...values);
  return (await query.first<{ n: number }>())?.n ?? -1;
}

/** A dry run at the token endpoint. @param bearer the operator's without one; null for none */
export async function dryRun(
  { service }: Pick<Stage, "service">,
  form: Record<string, string>,
  bearer: string | null = env.BOOTSTRAP_TOKEN,
): Promise<Answer> {
  const headers: Record<string, string> = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
  const body = new URLSearchParams({ dry_run: "true", ...form });
  const response = await service.fetch("/oauth/v2/token", { method: "POST", body, headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Each of them shown, in order; of each the id of its receipt. */
export async function past(
  stage: Stage,
  ...all: readonly Record<string, unknown>[]
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const claims of all) {
    await stage.exchange(await stage.issuer.sign(claims));
    ids.push((await stage.lastReceipt()).id);
  }
  return ids;
}

const idsOf = (items: readonly Receipt[]) => items.map(({ receiptId }) => receiptId);

/** What a simulation answers, its items by the ids of their receipts. */
export async function simulated(stage: Stage, change: Record<string, unknown>, more = {}) {
  const { status, body } = await stage.simulate(change, more);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { ...body, wouldFail: idsOf(body.wouldFail), wouldPass: idsOf(body.wouldPass) };
}
