import type { Deps } from "../deps.ts";
import { accept, isRecord, type JsonWebKeyWithKid, type Result, refuse } from "../protocol/index.ts";
import { quote } from "./decode.ts";
import { judgeIssuerUrl } from "./issuer_url.ts";
import type { CoolDown } from "./key_cache.ts";
import { judgeKeySet } from "./key_hygiene.ts";

/** For discovery and key set together: a slow or dripping issuer costs an exchange no more than this. */
export const FETCH_TIMEOUT_MS = 5000;
/** Of each document, counted while it streams in. */
const DOCUMENT_MAX_BYTES = 256 * 1024;

/** What one fetch brought. */
export interface FetchedKeys {
  readonly keys: readonly JsonWebKeyWithKid[];
  /** By kid: keys of the set that are not fit for use, and why. */
  readonly rejected: ReadonlyMap<string, string>;
}

type FetchRefusal = Omit<CoolDown, "untilMs">;
type Fetched<Value> = Result<Value, FetchRefusal>;

/**
 * An issuer's current keys, by discovery. The only place that talks to strangers: every URL is judged just before
 * it is asked, redirects are refused, time and size are bounded. @see OpenID Connect Discovery 1.0 s4
 */
export async function fetchKeys(deps: Deps, issuer: string): Promise<Fetched<FetchedKeys>> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const discovery = await fetchJson(deps, discoveryUrl(issuer), signal);
  if (!discovery.ok) return discovery;
  const { issuer: named, jwks_uri: jwksUri } = discovery.value;
  if (named !== issuer) {
    const detail = `The discovery document of ${issuer} names ${quote(named)} as its issuer.`;
    return refuse({ reason: "issuer_mismatch", detail });
  }
  if (typeof jwksUri !== "string") return unreachable(`The discovery document of ${issuer} has no jwks_uri.`);
  const keySet = await fetchJson(deps, jwksUri, signal);
  if (!keySet.ok) return keySet;
  const judged = judgeKeySet(keySet.value);
  return judged.ok ? judged : unreachable(`The key set of ${issuer} ${judged.refusal}.`);
}

/** @see OpenID Connect Discovery 1.0 s4.1: appended after the issuer's path, whatever its last character */
function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

type Members = Readonly<Record<string, unknown>>;

async function fetchJson(deps: Deps, url: string, signal: AbortSignal): Promise<Fetched<Members>> {
  const rules = {
    isDevelopment: deps.config.isDevelopment,
    ownOrigin: deps.config.issuerUrl,
    isFetched: true,
    isDocument: true,
  };
  const judged = judgeIssuerUrl(url, rules);
  if (!judged.ok) return refuse({ reason: "issuer_not_allowed", detail: `${quote(url)} ${judged.refusal}.` });
  try {
    const response = await deps.fetch(judged.value, {
      redirect: "manual",
      signal,
      headers: { accept: "application/json" },
      cache: "no-store",
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return unreachable(
        `${url} answered ${response.status}; only 200 is accepted, redirects are not followed.`,
      );
    }
    return await readJson(response, url);
  } catch (error) {
    const why = signal.aborted
      ? `did not answer within ${FETCH_TIMEOUT_MS / 1000} s`
      : "could not be reached";
    deps.log({ level: "warn", event: "issuer_fetch_failed", url, cause: String(error).slice(0, 200) });
    return unreachable(`${url} ${why}.`);
  }
}

async function readJson(response: Response, url: string): Promise<Fetched<Members>> {
  const bytes = await readBounded(response);
  if (bytes === undefined) return unreachable(`${url} answered more than ${DOCUMENT_MAX_BYTES / 1024} KiB.`);
  try {
    const value: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    );
    if (isRecord(value)) return accept(value);
  } catch {
    // Falls through: what is no JSON is answered like what is no object.
  }
  return unreachable(`${url} answered no JSON object.`);
}

async function readBounded(response: Response): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > DOCUMENT_MAX_BYTES) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(part.value);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

function unreachable(detail: string): Fetched<never> {
  return refuse({ reason: "issuer_unreachable", detail });
}
