import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { assertionOf, type KeyFile, keyFlow, post } from "./credentials.ts";
import { type Answer, exchangeOf, type Service } from "./harness.ts";

/** Whoever gets tokens here needs no network: keys of our making, project tokens, and issuers whose keys are uploaded. */
export interface Home {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

export interface Holder {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly path: string;
  readonly key: KeyFile;
  readonly keyPath: string;
}

export const INACTIVE = '{"active":false}';
export const freshName = () => `n${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;

/** A call that has to go through. */
export async function must(service: Service, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await service.call(method, path, body);
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

export async function givenHome(service: Service): Promise<Home> {
  const name = freshName();
  const { body } = await must(service, "POST", "/v1/projects", { name });
  return { id: body.id, name, path: `/v1/projects/${name}` };
}

/** An account with a key. */
export async function givenHolder(
  service: Service,
  home: Home,
  more: Record<string, unknown> = {},
): Promise<Holder> {
  const accounts = `${home.path}/service-accounts`;
  const account = (await must(service, "POST", accounts, { name: freshName(), ...more })).body;
  const path = `${accounts}/${account.id}`;
  const key = (await must(service, "POST", `${path}/keys`, { algorithm: "ED25519" })).body as KeyFile;
  return { ...account, path, key, keyPath: `${path}/keys/${key.id}` };
}

function answered({ status, body }: Answer): string {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.access_token;
}

/** An access token got by the account's key. @param nowMs where the service has a clock of its own */
export async function tokenByKey(
  service: Service,
  { key }: Pick<Holder, "key">,
  more: Record<string, string> = {},
  nowMs = Date.now(),
): Promise<string> {
  const iat = Math.floor(nowMs / 1000);
  return answered(await keyFlow(service, await assertionOf(key, { iat, exp: iat + 600 }), more));
}

export interface ProjectToken {
  readonly id: string;
  readonly text: string;
  readonly path: string;
}

export async function givenProjectToken(service: Service, holder: Holder): Promise<ProjectToken> {
  const { body } = await must(service, "POST", `${holder.path}/project-tokens`, { name: freshName() });
  return { id: body.id, text: body.token, path: `${holder.path}/project-tokens/${body.id}` };
}

export async function tokenByProjectToken(service: Service, holder: Holder, text: string): Promise<string> {
  return answered(await service.exchange(exchangeOf(text, holder.email)));
}

/** An issuer of another house, whose keys a trust holds: what it says of its workloads is for the test to say. */
export interface Stranger {
  readonly issuer: string;
  readonly kid: string;
  sign(claims?: Record<string, unknown>, audience?: string): Promise<string>;
}

export interface Trust {
  readonly id: string;
  readonly path: string;
  readonly stranger: Stranger;
}

/** @param nowMs where the service has a clock of its own */
export async function givenTrustIn(
  service: Service,
  holder: Pick<Holder, "path">,
  { issuer = `https://${freshName()}.example.com`, kid = freshName(), nowMs = Date.now() } = {},
): Promise<Trust> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" }] };
  const assertions = [{ item: "team", operator: "equals", value: "shop" }];
  const providers = `${holder.path}/federated-identity-providers`;
  const trust = { name: freshName(), issuer, assertions, jwks };
  const { body } = await must(service, "POST", providers, trust);
  const sign = (claims: Record<string, unknown> = {}, audience = service.url) =>
    new SignJWT({ team: "shop", ...claims })
      .setProtectedHeader({ alg: "ES256", kid })
      .setIssuer(issuer)
      .setSubject("job")
      .setAudience(audience)
      .setIssuedAt(Math.floor(nowMs / 1000))
      .setExpirationTime(Math.floor(nowMs / 1000) + 1800)
      .sign(privateKey);
  return { id: body.id, path: `${providers}/${body.id}`, stranger: { issuer, kid, sign } };
}

export async function tokenByTrust(
  service: Service,
  holder: Holder,
  { stranger }: Trust,
  claims: Record<string, unknown> = {},
): Promise<string> {
  return answered(await service.exchange(exchangeOf(await stranger.sign(claims), holder.email)));
}

/** What introspection answers to a bearer, as text. */
export async function stateOf(service: Service, token: string, bearer: string): Promise<string> {
  const { status, text } = await post(service, "/oauth/v2/introspect", { token }, bearer);
  return status === 200 ? text : `${status} ${text}`;
}

/** Of each token whether it is good, as who may ask of any sees it. */
export async function areActive(
  service: Service,
  tokens: readonly string[],
  bearer: string,
): Promise<readonly boolean[]> {
  const states = await Promise.all(tokens.map((token) => stateOf(service, token, bearer)));
  return states.map((state) => (JSON.parse(state) as { active: boolean }).active);
}
