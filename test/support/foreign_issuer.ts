import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from "jose";
// @ts-expect-error: the package ships no types; what is used of it is typed below.
import { Provider as UntypedProvider } from "oidc-provider";
import { CONTROL_PREFIX, serveControl } from "./foreign_issuer_control.ts";

export type Claims = Record<string, unknown>;
export type Algorithm = "RS256" | "RS384" | "RS512" | "PS256" | "ES256" | "ES384" | "ES512" | "EdDSA";
/** An HTTP status (a redirect leads to `/elsewhere`), no answer at all, or one that begins at once and never ends. */
export type FailureMode = number | "hang" | "drip";

export type TokenOptions = {
  audience?: string | undefined;
  lifetimeSeconds?: number | undefined;
  /** Members of the JOSE header to add or change, as `typ`, which is `JWT` unless told. */
  header?: Claims | undefined;
};

export type ForeignIssuer = {
  /** The issuer identifier, byte for byte as discovery and tokens say it: no slash at its end. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** The key that signs now. */
  readonly kid: string;
  /** How often each path was asked for, `/__control/` aside. */
  readonly requests: ReadonlyMap<string, number>;
  resetRequests(): void;
  /** A token that the provider issues over HTTP. Claims win over its own; one that is undefined is left out. */
  token(claims?: Claims, options?: TokenOptions): Promise<string>;
  /** Signs anything with the current key. `alg`, `kid` and `typ` are filled in unless the header has an `alg`. */
  signRaw(header: Claims, payload: Claims): Promise<string>;
  /** Publishes a new key in front of the others, signs with it from now on, and returns its `kid`. */
  rotate(): Promise<string>;
  /** Publishes only the current key. */
  removeOldKeys(): void;
  /** Makes discovery and key set fail, until it is called with null. */
  failWith(mode: FailureMode | null): void;
  close(): Promise<void>;
};

type Key = { kid: string; privateKey: CryptoKey; jwk: JWK };
type Order = { claims: Claims; audience: string; lifetimeSeconds: number; header: Claims };
type IssuedToken = { resourceServer: { identifier(): string; accessTokenTTL: number } };
type TokenParts = { header: Claims; payload: Claims };
type State = {
  issuer: string;
  algorithm: Algorithm;
  keys: [Key, ...Key[]];
  /** What a token shall hold, by the resource indicator that its request carries. */
  orders: Map<string, Order>;
  requests: Map<string, number>;
  failure: FailureMode | null;
  handle: RequestListener;
};

const Provider: new (issuer: string, configuration: object) => { callback(): RequestListener } =
  UntypedProvider;
const DISCOVERY_PATH = "/.well-known/openid-configuration";
const JWKS_PATH = "/jwks";
const DEFAULT_AUDIENCE = "https://countersign.example";
const DEFAULT_LIFETIME_SECONDS = 300;
const DRIP_INTERVAL_MS = 50;
const CLIENT = { client_id: "ci", client_secret: randomUUID() };
/** Its tokens are self-contained and its client is configured, so nothing is ever looked up. */
const NO_STORE = { upsert: async () => {}, find: async () => undefined, destroy: async () => {} };

/** Synthetic claims of a GitHub Actions job on a push to `main`; `iss`, `aud` and the times are the issuer's. */
export function githubClaims(overrides: Claims = {}): Claims {
  const sha = "5c1b4f0a9d3e7b2c8f6a1d0e4b9c7a3f2e8d6b1c";
  const workflowRef = "acme/shop/.github/workflows/deploy.yml@refs/heads/main";
  return {
    jti: randomUUID(),
    sub: "repo:acme@4242/shop@777001:ref:refs/heads/main",
    repository: "acme/shop",
    repository_id: "777001",
    repository_owner: "acme",
    repository_owner_id: "4242",
    repository_visibility: "private",
    ref: "refs/heads/main",
    ref_type: "branch",
    ref_protected: "true",
    sha,
    base_ref: "",
    head_ref: "",
    event_name: "push",
    workflow: "deploy",
    workflow_ref: workflowRef,
    workflow_sha: sha,
    job_workflow_ref: workflowRef,
    job_workflow_sha: sha,
    runner_environment: "github-hosted",
    actor: "robin",
    actor_id: "1001",
    run_id: "9000000001",
    run_number: "17",
    run_attempt: "1",
    ...overrides,
  };
}

/** A foreign OpenID provider on loopback: `oidc-provider`, with hooks for what a hostile or broken one does. */
export async function startForeignIssuer(
  options: { port?: number; algorithm?: Algorithm } = {},
): Promise<ForeignIssuer> {
  const algorithm = options.algorithm ?? "RS256";
  const keys: State["keys"] = [await createKey(algorithm)];
  const handle: RequestListener = (_request, response) => void response.writeHead(503).end();
  const fresh = { orders: new Map(), requests: new Map(), failure: null, handle };
  const state: State = { issuer: "", algorithm, keys, ...fresh };
  const server = createServer((request, response) => serve(foreignIssuer, state, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  publish(state, keys);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const foreignIssuer = controlsOf(state, close);
  return foreignIssuer;
}

function controlsOf(state: State, close: () => Promise<void>): ForeignIssuer {
  return {
    issuer: state.issuer,
    jwksUri: state.issuer + JWKS_PATH,
    get kid() {
      return state.keys[0].kid;
    },
    requests: state.requests,
    resetRequests: () => state.requests.clear(),
    token: (claims = githubClaims(), options = {}) => requestToken(state, claims, options),
    signRaw: (header, payload) => signRaw(state, header, payload),
    rotate: async () => publish(state, [await createKey(state.algorithm), ...state.keys]),
    removeOldKeys: () => void publish(state, [state.keys[0]]),
    failWith: (mode) => {
      state.failure = mode;
    },
    close,
  };
}

async function createKey(algorithm: Algorithm): Promise<Key> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const kid = randomUUID();
  return { kid, privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: algorithm, use: "sig" } };
}

/** A provider reads its keys once: other keys mean another provider behind the same address. */
function publish(state: State, keys: State["keys"]): string {
  state.keys = keys;
  state.handle = new Provider(state.issuer, configurationOf(state)).callback();
  return keys[0].kid;
}

function configurationOf({ algorithm, keys, orders }: State): object {
  const grants = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };
  const resourceIndicators = {
    enabled: true,
    getResourceServerInfo: (_context: unknown, resource: string) => {
      const order = orders.get(resource);
      const jwt = { sign: { alg: algorithm, kid: keys[0].kid } };
      const accessTokenTTL = order?.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS;
      return { scope: "", audience: order?.audience, accessTokenTTL, accessTokenFormat: "jwt", jwt };
    },
  };
  const customize = (_context: unknown, token: IssuedToken, parts: TokenParts) => {
    const order = orders.get(token.resourceServer.identifier());
    const { client_id, scope, ...payload } = parts.payload;
    parts.header = { typ: "JWT", ...order?.header };
    parts.payload = { ...payload, ...order?.claims };
  };
  return {
    adapter: () => NO_STORE,
    clients: [{ ...CLIENT, ...grants }],
    clientDefaults: { id_token_signed_response_alg: algorithm },
    cookies: { keys: [randomUUID()] },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    jwks: { keys: keys.map((key) => key.jwk) },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators,
    },
    formats: { customizers: { jwt: customize } },
    ttl: { ClientCredentials: (_: unknown, token: IssuedToken) => token.resourceServer.accessTokenTTL },
  };
}

async function requestToken(state: State, claims: Claims, options: TokenOptions): Promise<string> {
  const { audience = DEFAULT_AUDIENCE, lifetimeSeconds = DEFAULT_LIFETIME_SECONDS, header = {} } = options;
  const resource = `urn:uuid:${randomUUID()}`;
  state.orders.set(resource, { claims, audience, lifetimeSeconds, header });
  const body = new URLSearchParams({ grant_type: "client_credentials", resource, ...CLIENT });
  const response = await fetch(`${state.issuer}/token`, { method: "POST", body });
  state.orders.delete(resource);
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined) throw new Error(`No token: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

async function signRaw({ keys: [key], algorithm }: State, header: Claims, payload: Claims): Promise<string> {
  const full = "alg" in header ? header : { alg: algorithm, kid: key.kid, typ: "JWT", ...header };
  const part = (value: Claims) => Buffer.from(JSON.stringify(value)).toString("base64url");
  if (full.alg === "none") return `${part(full)}.${part(payload)}.`;
  const critical = Array.isArray(full.crit) ? full.crit.map((name) => [String(name), true]) : [];
  const jws = new CompactSign(new TextEncoder().encode(JSON.stringify(payload)));
  jws.setProtectedHeader({ ...full, alg: String(full.alg) });
  return jws.sign(key.privateKey, { crit: Object.fromEntries(critical) });
}

function serve(
  issuer: ForeignIssuer,
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { pathname } = new URL(request.url ?? "/", state.issuer);
  if (pathname.startsWith(CONTROL_PREFIX)) return void serveControl(issuer, pathname, request, response);
  state.requests.set(pathname, (state.requests.get(pathname) ?? 0) + 1);
  const fails = state.failure !== null && (pathname === DISCOVERY_PATH || pathname === JWKS_PATH);
  if (!fails) state.handle(request, response);
  else if (typeof state.failure === "number")
    response.writeHead(state.failure, { location: "/elsewhere" }).end();
  else if (state.failure === "drip") {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(" "), DRIP_INTERVAL_MS);
    response.once("close", () => clearInterval(timer));
  }
}
