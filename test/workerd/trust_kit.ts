import { env } from "cloudflare:workers";
import { type JWK, SignJWT } from "jose";
import { type Answer, exchangeOf, type Service, startService } from "./harness.ts";
import { newIssuerKey } from "./identity_provider_kit.ts";
import { freshName, must } from "./token_holders.ts";

/** Trusts in issuers of our making: whatever they are called, their keys are uploaded, so any token can be signed. */

export const GITHUB = "https://token.actions.githubusercontent.com";
/** Pins a trust that matters for something else. */
export const TEAM = { item: "team", operator: "equals", value: "shop" } as const;

type Claims = Readonly<Record<string, unknown>>;

/** A clock that a test moves, in integer seconds. */
export function newClock(startSeconds = Math.floor(Date.now() / 1000)) {
  let seconds = startSeconds;
  return {
    nowMs: () => seconds * 1000,
    now: () => seconds,
    advance: (by: number) => {
      seconds += by;
    },
  };
}

/** A fresh project with one account. */
export async function givenAccount(service: Service) {
  const name = freshName();
  const project = await must(service, "POST", "/v1/projects", { name });
  const path = `/v1/projects/${name}`;
  const accounts = `${path}/service-accounts`;
  const account = (await must(service, "POST", accounts, { name: "deployer" })).body;
  return {
    projectId: String(project.body.id),
    project: name,
    path,
    account: account as { id: string; email: string },
    accountPath: `${accounts}/deployer`,
    providers: `${accounts}/deployer/federated-identity-providers`,
  };
}

export type GivenAccount = Awaited<ReturnType<typeof givenAccount>>;
export type IssuerKey = Awaited<ReturnType<typeof newIssuerKey>>;

/** A signer of tokens of any issuer; a claim that is undefined is left out. */
export function signerOf(
  { url }: Service,
  key: IssuerKey,
  { issuer, now = () => Math.floor(Date.now() / 1000) }: { issuer: string; now?: () => number },
) {
  return (claims: Claims = {}): Promise<string> => {
    const times = { iat: now(), exp: now() + 300 };
    const all = { iss: issuer, sub: "job", aud: url, jti: crypto.randomUUID(), ...times, ...claims };
    return new SignJWT(JSON.parse(JSON.stringify(all)))
      .setProtectedHeader({ alg: "ES256", kid: key.kid })
      .sign(key.privateKey);
  };
}

/** One more trust of an account. */
export async function addTrust(
  service: Service,
  { providers }: Pick<GivenAccount, "providers">,
  input: Record<string, unknown>,
) {
  const made = await must(service, "POST", providers, { name: freshName(), ...input });
  return { id: String(made.body.id), path: `${providers}/${made.body.id}`, made };
}

interface TrustOptions {
  readonly home?: GivenAccount;
  readonly key?: IssuerKey;
  readonly now?: () => number;
}

/** An account with a trust whose keys are ours, and what its issuer signs. Keys are not uploaded where `jwks` is undefined. */
export async function givenOwnTrust(
  service: Service,
  input: Record<string, unknown> = {},
  { home, key, now }: TrustOptions = {},
) {
  const place = home ?? (await givenAccount(service));
  const issuerKey = key ?? (await newIssuerKey());
  const wanted = {
    issuer: `https://${freshName()}.example.com`,
    assertions: [TEAM],
    jwks: { keys: [issuerKey.jwk] },
    ...input,
  };
  const trust = await addTrust(service, place, wanted);
  const issuer = String(trust.made.body.issuer);
  const sign = signerOf(service, issuerKey, now === undefined ? { issuer } : { issuer, now });
  const present = (token: string, more: Record<string, string> = {}) =>
    service.exchange(exchangeOf(token, place.account.email, more));
  const exchange = async (claims: Claims = {}) => present(await sign(claims));
  return {
    ...place,
    ...trust,
    issuer,
    key: issuerKey,
    sign,
    present,
    exchange,
    verdict: async (claims: Claims = {}) => verdictOf(service, await exchange(claims)),
    /** The trust as it is now. */
    read: async () => (await must(service, "GET", trust.path)).body,
  };
}

/** The receipt of an answer that was a refusal. */
export async function receiptOf(service: Service, { body }: Answer): Promise<Answer["body"]> {
  const { pathname } = new URL(body.error_uri);
  return (await must(service, "GET", pathname)).body;
}

/** `granted`, or why not. */
export async function verdictOf(service: Service, answer: Answer): Promise<string> {
  if (answer.status === 200) return "granted";
  return String((await receiptOf(service, answer)).reason);
}

/** What a refused call says is wrong: status, code, and of each member its place and code. */
export function faultsOf({ status, body }: Answer): readonly string[] {
  const errors = (body.errors ?? []) as { pointer: string; code: string }[];
  return [`${status} ${body.code}`, ...errors.map(({ pointer, code }) => `${pointer} ${code}`)];
}

/** A JSON merge patch, as samples of templates are written. @see RFC 7396 */
export function merge(target: unknown, change: unknown): unknown {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** A service whose issuers are in the test's hand, and so is its clock: what each publishes, and who was asked. */
export function newWatch() {
  const clock = newClock();
  /** null where it does not answer. */
  const published = new Map<string, readonly JWK[] | null>();
  const asked: string[] = [];
  const service = startService({
    nowMs: clock.nowMs,
    fetch: async (input) => {
      const url = new URL(String(input));
      const keys = published.get(url.origin) ?? null;
      if (keys === null) return new Response("down", { status: 503 });
      if (url.pathname === "/jwks") return Response.json({ keys });
      asked.push(url.origin);
      return Response.json({ issuer: url.origin, jwks_uri: `${url.origin}/jwks` });
    },
  });
  return {
    clock,
    service,
    published,
    /** Issuers that answered since the last hour began. */
    asked,
    hour: async () => {
      clock.advance(3600);
      asked.length = 0;
      await service.tend();
    },
    /** What is trusted is asked for by every hour that comes after: a test leaves nothing behind. */
    forget: async () => {
      await env.DB.prepare("DELETE FROM federated_identity_provider").run();
      published.clear();
    },
    givenIssuer: async (
      keys: readonly JWK[] | null,
      home?: GivenAccount,
      more: Record<string, unknown> = {},
    ) => {
      const place = home ?? (await givenAccount(service));
      const issuer = `https://${freshName()}.example.com`;
      published.set(issuer, keys);
      await addTrust(service, place, { issuer, assertions: [TEAM], ...more });
      return { ...place, issuer };
    },
    rowsOf: async ({ path }: Pick<GivenAccount, "path">) =>
      (await must(service, "GET", `${path}/issuers`)).body.items,
    eventsOf: async ({ path }: Pick<GivenAccount, "path">): Promise<readonly string[]> => {
      const { items } = (await must(service, "GET", `${path}/audit-events?pageSize=200`)).body;
      const actions: readonly string[] = items.map(({ action }: { action: string }) => action);
      return actions.filter((action) => action.startsWith("issuer.")).reverse();
    },
  };
}
