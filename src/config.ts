import { Fault } from "./protocol/index.ts";

/** Bindings and variables as wrangler hands them over. Only `app.ts` sees them. */
export interface Env {
  readonly DB?: D1Database;
  readonly JWKS_CACHE: KVNamespace;
  readonly ENVIRONMENT?: string;
  readonly ISSUER_URL?: string;
  readonly EMAIL_DOMAIN?: string;
  readonly SIGNING_ALGORITHM?: string;
  readonly BOOTSTRAP_TOKEN?: string;
  readonly SEALING_KEY?: string;
  readonly SEALING_KEY_PREVIOUS?: string;
  readonly PROJECT_TOKEN_KEY?: string;
  readonly RECEIPT_DAYS?: string;
  readonly LIBSQL_URL?: string;
  readonly LIBSQL_AUTH_TOKEN?: string;
}

export type SigningAlgorithm = "ES256" | "RS256" | "EdDSA";

export interface Config {
  /** Lets `http` and loopback issuers in, and short bootstrap tokens. Never true unless said so. */
  readonly isDevelopment: boolean;
  /** Our `iss`: an origin without a trailing slash. */
  readonly issuerUrl: string;
  /** What follows the `@` of an account's e-mail. */
  readonly emailDomain: string;
  readonly signingAlgorithm: SigningAlgorithm;
  /** Undefined when `/v1` has no bootstrap token (retired, or never set). */
  readonly bootstrapToken: string | undefined;
  /** At least 32 characters each; the first seals, both open. */
  readonly sealingKeys: readonly [current: string, previous?: string];
  /** HS256's secret of at least 32 bytes; without one there are no project tokens. */
  readonly projectTokenKey: string | undefined;
  /** For how long the explanations of exchanges are kept. */
  readonly receiptDays: number;
  /** What an operator should hear of at the start: the service runs, but not all of it. */
  readonly warnings: readonly string[];
}

const SECRET_MIN_CHARACTERS = 32;
const SIGNING_ALGORITHMS: readonly string[] = ["ES256", "RS256", "EdDSA"] satisfies SigningAlgorithm[];

/** Reads the variables once. A `configuration` fault says which variable is wrong and how to mend it. */
export function readConfig(env: Env): Config {
  const isDevelopment = env.ENVIRONMENT === "development";
  return {
    isDevelopment,
    issuerUrl: readIssuerUrl(env.ISSUER_URL, isDevelopment),
    emailDomain: readEmailDomain(env.EMAIL_DOMAIN),
    signingAlgorithm: readSigningAlgorithm(env.SIGNING_ALGORITHM),
    bootstrapToken: readBootstrapToken(env.BOOTSTRAP_TOKEN, isDevelopment),
    sealingKeys: readSealingKeys(env),
    receiptDays: readReceiptDays(env.RECEIPT_DAYS),
    ...readProjectTokenKey(env.PROJECT_TOKEN_KEY),
  };
}

function readIssuerUrl(value: string | undefined, isDevelopment: boolean): string {
  const url = URL.canParse(value ?? "") ? new URL(value ?? "") : undefined;
  if (url === undefined || url.origin !== value) {
    throw misconfigured(
      "ISSUER_URL",
      "must be our own origin, such as https://sts.example.com, without a path or a trailing slash",
    );
  }
  if (url.protocol !== "https:" && !isDevelopment) {
    throw misconfigured("ISSUER_URL", "must be https unless ENVIRONMENT is development");
  }
  return value as string;
}

function readEmailDomain(value = "sa.countersign.internal"): string {
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,180}[a-z0-9])?$/.test(value)) {
    throw misconfigured("EMAIL_DOMAIN", "must be a lower-case domain name");
  }
  return value;
}

function readSigningAlgorithm(value = "ES256"): SigningAlgorithm {
  if (!SIGNING_ALGORITHMS.includes(value)) {
    throw misconfigured("SIGNING_ALGORITHM", `must be one of ${SIGNING_ALGORITHMS.join(", ")}`);
  }
  return value as SigningAlgorithm;
}

function readBootstrapToken(value: string | undefined, isDevelopment: boolean): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (/\s/.test(value)) throw misconfigured("BOOTSTRAP_TOKEN", "must hold no white space");
  if (value.length < SECRET_MIN_CHARACTERS && !isDevelopment) {
    throw misconfigured("BOOTSTRAP_TOKEN", `must have at least ${SECRET_MIN_CHARACTERS} random characters`);
  }
  return value;
}

function readSealingKeys(env: Env): readonly [string, string?] {
  const current = env.SEALING_KEY ?? "";
  const previous = env.SEALING_KEY_PREVIOUS;
  if (current.trim().length < SECRET_MIN_CHARACTERS) {
    throw misconfigured("SEALING_KEY", `must have at least ${SECRET_MIN_CHARACTERS} random characters`);
  }
  if (previous === undefined || previous === "") return [current];
  if (previous.trim().length < SECRET_MIN_CHARACTERS) {
    throw misconfigured("SEALING_KEY_PREVIOUS", `must have at least ${SECRET_MIN_CHARACTERS} characters`);
  }
  return [current, previous];
}

const RECEIPT_DAYS_MAX = 365;

function readReceiptDays(value = "30"): number {
  const days = /^[1-9]\d{0,2}$/.test(value) ? Number(value) : 0;
  if (days >= 1 && days <= RECEIPT_DAYS_MAX) return days;
  throw misconfigured("RECEIPT_DAYS", `must be a whole number of days from 1 to ${RECEIPT_DAYS_MAX}`);
}

/** @see RFC 7518 s3.2: a key of the size of the hash output or larger */
const PROJECT_TOKEN_KEY_MIN_BYTES = 32;

function readProjectTokenKey(value = ""): Pick<Config, "projectTokenKey" | "warnings"> {
  if (new TextEncoder().encode(value).length >= PROJECT_TOKEN_KEY_MIN_BYTES) {
    return { projectTokenKey: value, warnings: [] };
  }
  const state = value === "" ? "is not set" : `has less than ${PROJECT_TOKEN_KEY_MIN_BYTES} bytes`;
  return {
    projectTokenKey: undefined,
    warnings: [`PROJECT_TOKEN_KEY ${state}: no project token is made or accepted. See docs/deploy.md.`],
  };
}

function misconfigured(variable: string, what: string): Fault {
  return new Fault("configuration", `${variable} ${what}.`);
}
