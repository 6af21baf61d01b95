/**
 * The STACKIT SDKs as servers see them: Go's, Python's and Java's key flow, and Go's workload identity flow. Made from
 * recordings of the real ones (their wire protocols), byte by byte; no line of theirs is in it.
 */
import { randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { decodeJwt } from "jose";
import { readKeyFile, type Sdk, type StackitKey } from "./stackit_key_file.ts";
import { postForm, type WireAnswer } from "./wire.ts";

const DEFAULT_TOKEN_ENDPOINT = "https://service-account.api.stackit.cloud/token";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const WORKLOAD_JWT = "urn:schwarz:params:oauth:client-assertion-type:workload-jwt";
const FORM = "application/x-www-form-urlencoded";
const BODY_SHOWN_MAX_CHARACTERS = 500;

/** Before `exp` in seconds: from when on a token counts as expired. Python's sign is wrong: it is five minutes late. */
const LEEWAY_SECONDS: Readonly<Record<Sdk, number>> = { go: 5, python: -300, java: 60 };
const ASSERTION_SECONDS: Readonly<Record<Sdk, number>> = { go: 3600, python: 600, java: 600 };
const REFRESH_BEFORE_EXPIRY_MS = 30 * 60_000;

/** What each HTTP library sends besides: only Python's asks for anything by `Accept`. */
const HEADERS: Readonly<Record<Sdk, (length: string) => Readonly<Record<string, string>>>> = {
  go: (length) => ({
    "User-Agent": "Go-http-client/1.1",
    "Content-Length": length,
    "Content-Type": FORM,
    "Accept-Encoding": "gzip",
  }),
  python: (length) => ({
    "User-Agent": "python-requests/2.32.5",
    "Accept-Encoding": "gzip, deflate",
    Accept: "*/*",
    Connection: "keep-alive",
    "Content-Length": length,
    "Content-Type": FORM,
  }),
  java: (length) => ({
    "Content-Type": FORM,
    "Content-Length": length,
    Connection: "Keep-Alive",
    "Accept-Encoding": "gzip",
    "User-Agent": "okhttp/4.12.0",
  }),
};

export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token: string;
}

/** A client of one SDK. */
export interface StackitFlow {
  /** The held token; a new one when that has expired. @param nowMs what the expiry is judged by */
  getAccessToken(nowMs?: number): Promise<string>;
  /** What the token endpoint answered last. */
  readonly held: TokenResponse | undefined;
}

/** @param tokenBaseUrl `STACKIT_TOKEN_BASEURL`: before what the file says, and all that Python and Java listen to */
export function startKeyFlow(sdk: Sdk, fileText: string, tokenBaseUrl?: string): StackitFlow {
  const key = readKeyFile(sdk, fileText);
  const endpoint = tokenBaseUrl ?? key.tokenEndpoint ?? DEFAULT_TOKEN_ENDPOINT;
  return holding(sdk, (previous, nowMs) => {
    const refresh = previous?.refresh_token;
    const refreshes =
      sdk === "java" ? previous !== undefined : isJwt(refresh) && !isExpired(sdk, refresh, nowMs);
    const form: Form = refreshes
      ? [
          ["grant_type", "refresh_token"],
          ["refresh_token", refresh ?? ""],
        ]
      : [
          ["grant_type", JWT_BEARER],
          ["assertion", signAssertion(sdk, key)],
        ];
    return requestToken(sdk, endpoint, form);
  });
}

/** Go alone has it. Settings: `STACKIT_IDP_TOKEN_ENDPOINT`, `STACKIT_FEDERATED_TOKEN_FILE`, `STACKIT_SERVICE_ACCOUNT_EMAIL`. */
export function startWorkloadIdentityFlow(endpoint: string, tokenFile: string, email: string): StackitFlow {
  if (email === "") throw new Error("client ID cannot be empty");
  if (!isJwt(readFileSync(tokenFile, "utf8"))) throw new Error("error reading federated token file");
  return holding("go", () =>
    requestToken("go", endpoint, [
      ["grant_type", "client_credentials"],
      ["client_assertion_type", WORKLOAD_JWT],
      // Read anew each time, as it is: the kubelet rotates it, and the newline at its end goes along.
      ["client_assertion", readFileSync(tokenFile, "utf8")],
      ["client_id", email],
    ]),
  );
}

function holding(
  sdk: Sdk,
  request: (previous: TokenResponse | undefined, nowMs: number) => Promise<TokenResponse>,
): StackitFlow {
  let held: TokenResponse | undefined;
  return {
    get held() {
      return held;
    },
    getAccessToken: async (nowMs = Date.now()) => {
      if (held === undefined || isExpired(sdk, held.access_token, nowMs)) held = await request(held, nowMs);
      return held.access_token;
    },
  };
}

/** How long Go's background refresh sleeps before it asks again; at nothing or less it asks without a pause. */
export function pauseBeforeRefreshMs(accessToken: string, nowMs = Date.now()): number {
  return expiryOf(accessToken) * 1000 - REFRESH_BEFORE_EXPIRY_MS - nowMs;
}

function isExpired(sdk: Sdk, token: string, nowMs: number): boolean {
  return nowMs / 1000 >= expiryOf(token) - LEEWAY_SECONDS[sdk];
}

function isJwt(text: string | undefined): text is string {
  return /^[\w-]+\.[\w-]+\.[\w-]+\s*$/.test(text ?? "");
}

function expiryOf(token: string): number {
  const { exp } = decodeJwt(token);
  if (exp === undefined) throw new Error("panic: nil pointer dereference: the token has no exp");
  return exp;
}

/** RS512, a `jti` of its own, `aud` as a string, no `nbf`. Go writes members in alphabetical order. */
export function signAssertion(sdk: Sdk, { kid, iss, sub, aud, privateKey }: StackitKey): string {
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + ASSERTION_SECONDS[sdk];
  const jti = randomUUID();
  const claims = sdk === "go" ? { aud, exp, iat, iss, jti, sub } : { iss, sub, aud, jti, iat, exp };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: "RS512", kid, typ: "JWT" })}.${part(claims)}`;
  return `${input}.${sign("sha512", Buffer.from(input), privateKey).toString("base64url")}`;
}

type Form = readonly (readonly [name: string, value: string])[];

async function requestToken(sdk: Sdk, endpoint: string, form: Form): Promise<TokenResponse> {
  const body = encodeForm(sdk, form);
  return readAnswer(await postForm(endpoint, HEADERS[sdk](String(Buffer.byteLength(body))), body));
}

/** Go sorts by name; Java sends values as they are, colons and all. */
function encodeForm(sdk: Sdk, form: Form): string {
  const pairs = sdk === "go" ? form.toSorted(([a], [b]) => (a < b ? -1 : 1)) : form;
  const encode = (text: string) => (sdk === "java" ? text : queryEscape(text));
  return pairs.map(([name, value]) => `${name}=${encode(value)}`).join("&");
}

/** As `url.QueryEscape` and `quote_plus` do: all but letters, digits and `-_.~`, a blank as a plus. */
function queryEscape(text: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replace(/[!*'()]/g, percent)
    .replaceAll("%20", "+");
}

/** What any of the clients would stumble over. The generated ones want all five members. */
function readAnswer({ status, contentType, text }: WireAnswer): TokenResponse {
  if (status !== 200) {
    const hint = /Key with kid .*? was not found/.test(text)
      ? "\nCheck that the key is still registered."
      : "";
    throw new Error(`, status code ${status}, Body: ${text.slice(0, BODY_SHOWN_MAX_CHARACTERS)}${hint}`);
  }
  if (!/^application\/json\b/i.test(contentType)) throw new Error(`the answer is ${contentType}, not JSON`);
  const answer = JSON.parse(text) as TokenResponse;
  for (const [name, type] of MEMBERS) {
    const found = typeof answer[name];
    if (found !== type) throw new Error(`no value given for required property ${name}: it is ${found}`);
  }
  if (answer.token_type !== "Bearer") throw new Error("token_type is not Bearer");
  const { exp, email, sub, jti } = decodeJwt(answer.access_token);
  for (const claim of [email, sub, jti]) {
    if (typeof claim !== "string" || claim === "") throw new Error("email, sub or jti is missing");
  }
  if (typeof exp !== "number") throw new Error("the token has no exp");
  if (answer.refresh_token !== "" && !isJwt(answer.refresh_token)) throw new Error("refresh_token is no JWT");
  return answer;
}

const MEMBERS: readonly (readonly [keyof TokenResponse, "string" | "number"])[] = [
  ["access_token", "string"],
  ["token_type", "string"],
  ["expires_in", "number"],
  ["scope", "string"],
  ["refresh_token", "string"],
];
