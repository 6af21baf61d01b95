/**
 * The other contestant: `oidc-provider` as a token service with a token-exchange grant, on loopback. Its clients
 * are the service accounts and live in SQLite; each exchange saves its Grant there before it is answered.
 */
import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify } from "jose";
// @ts-expect-error: the package ships no types; what is used of it is typed below.
import { errors, Provider as UntypedProvider } from "oidc-provider";
import { openAdapters } from "./oidc_provider_adapter.ts";
import { ASSERTIONS } from "./seed.ts";

/** The first message of the parent. The word "count" asks for the number of saved grants. */
export interface ProviderOrder {
  readonly directory: string;
  readonly issuer: string;
  readonly publicJwk: JWK;
  readonly emails: readonly string[];
}

interface Client {
  readonly clientId: string;
  readonly assertions: typeof ASSERTIONS;
}
interface Model {
  resourceServer?: unknown;
  save(ttlSeconds?: number): Promise<string>;
}
interface Context {
  readonly oidc: { readonly client: Client; readonly params: Readonly<Record<string, string>> };
  body: unknown;
}
interface Provider {
  readonly Grant: new (
    members: object,
  ) => Model & { addResourceScope(resource: string, scope: string): void };
  readonly AccessToken: new (members: object) => Model;
  readonly ResourceServer: new (identifier: string, members: object) => unknown;
  registerGrantType(name: string, handler: (context: Context) => Promise<void>, parameters: string[]): void;
  callback(): RequestListener;
}

const Provider: new (issuer: string, configuration: object) => Provider = UntypedProvider;
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";
const PARAMETERS = ["subject_token", "subject_token_type", "audience", "resource", "scope"];
const LIFETIME_SECONDS = 3600;

process.once("message", (order: ProviderOrder) => void serve(order));
process.once("disconnect", () => process.exit());

async function serve(order: ProviderOrder): Promise<void> {
  const { adapter, save, countGrants } = openAdapters(order.directory);
  for (const email of order.emails) save("Client", email, clientOf(email));
  const signing = await generateKeyPair("ES256", { extractable: true });
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(signing.privateKey)), kid, alg: "ES256", use: "sig" };
  const server = createServer();
  server.listen(0, "127.0.0.1", () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new Provider(url, configurationOf(adapter, jwk));
    void registerExchange(provider, url, order, kid).then(() => {
      server.on("request", provider.callback());
      process.send?.({ url });
    });
  });
  process.on("message", (message) => message === "count" && process.send?.({ rows: countGrants() }));
}

function clientOf(email: string): object {
  return {
    client_id: email,
    token_endpoint_auth_method: "none",
    grant_types: [TOKEN_EXCHANGE],
    response_types: [],
    redirect_uris: [],
    assertions: ASSERTIONS,
  };
}

function configurationOf(adapter: unknown, jwk: JWK): object {
  return {
    adapter,
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    cookies: { keys: [randomUUID()] },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    extraClientMetadata: { properties: ["assertions"] },
    features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: true } },
    jwks: { keys: [jwk] },
    ttl: { AccessToken: LIFETIME_SECONDS, Grant: LIFETIME_SECONDS },
  };
}

async function registerExchange(
  provider: Provider,
  url: string,
  order: ProviderOrder,
  kid: string,
): Promise<void> {
  const foreignKey = await importJWK(order.publicJwk, "RS256");
  const expected = {
    issuer: order.issuer,
    audience: url,
    algorithms: ["RS256"],
    requiredClaims: ["exp", "sub"],
  };
  const exchange = async (context: Context) => {
    const { client, params } = context.oidc;
    const verified = await jwtVerify(params.subject_token ?? "", foreignKey, expected).catch(() => undefined);
    const holds = client.assertions.every(({ item, value }) => verified?.payload[item] === value);
    if (verified === undefined || !holds)
      throw new errors.InvalidRequest("the subject token is not accepted");
    const account = { clientId: client.clientId, accountId: client.clientId };
    const grant = new provider.Grant(account);
    grant.addResourceScope(url, "");
    const grantId = await grant.save(LIFETIME_SECONDS);
    const token = new provider.AccessToken({ ...account, client, grantId, gty: "token_exchange" });
    const jwt = { sign: { alg: "ES256", kid } };
    const server = { scope: "", audience: url, accessTokenFormat: "jwt", jwt };
    token.resourceServer = new provider.ResourceServer(url, server);
    const access_token = await token.save();
    context.body = {
      access_token,
      token_type: "Bearer",
      expires_in: LIFETIME_SECONDS,
      scope: "",
      issued_token_type: TOKEN_TYPE,
    };
  };
  provider.registerGrantType(TOKEN_EXCHANGE, exchange, PARAMETERS);
}
