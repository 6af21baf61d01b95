import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { post } from "./credentials.ts";
import { startService } from "./harness.ts";
import { type Holder, tokenByKey } from "./token_holders.ts";

export const FEED = "/oauth/v2/revoked-tokens";
const HOUR_MS = 3_600_000;
/** Each clock of a test is hours from those before: what they revoked has left the feed. */
let hours = Math.ceil(Date.now() / HOUR_MS);

/** The service at an hour of its own, and its feed. */
export function startAt() {
  hours += 4;
  let nowMs = hours * HOUR_MS;
  const service = startService({ nowMs: () => nowMs });
  const feed = async (headers: Record<string, string> = {}) => {
    const response = await service.fetch(FEED, { headers });
    return {
      status: response.status,
      headers: response.headers,
      text: new TextDecoder().decode(await response.arrayBuffer()),
    };
  };
  const byKey = (holder: Holder) => tokenByKey(service, holder, {}, nowMs);
  const revoke = (token: string) => post(service, "/oauth/v2/revoke", { token }, env.BOOTSTRAP_TOKEN);
  return {
    service,
    feed,
    byKey,
    revoke,
    jtis: async () => decodeJwt((await feed()).text).jtis as readonly string[],
    seconds: () => nowMs / 1000,
    advance: (seconds: number) => {
      nowMs += seconds * 1000;
    },
  };
}

export const jtiOf = (token: string) => String(decodeJwt(token).jti);
