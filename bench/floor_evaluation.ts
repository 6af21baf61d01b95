/** The floor of an AuthZEN evaluation: who asks, by one row, and an answer that decides nothing. */
import { isLive, selectToken } from "./floor_introspection.ts";
import { type Env, hex, refusal, sha256 } from "./floor_parts.ts";

export async function evaluate(request: Request, env: Env): Promise<Response> {
  const now = Math.floor(Date.now() / 1000);
  const { subject } = (await request.json()) as { readonly subject?: { readonly id?: unknown } };
  const bearer = (request.headers.get("authorization") ?? "").slice("Bearer ".length);
  const [caller] = (await env.DB.batch([selectToken(env, bearer, hex(await sha256(bearer)))])).map(
    ({ results }) => results[0],
  );
  if (typeof subject?.id !== "string" || !isLive(now, caller)) return refusal();
  if (caller.audience !== env.ISSUER_URL) return refusal();
  const decision = { decision: true, context: { reason: "granted" } };
  return Response.json(decision, { headers: { "cache-control": "no-store" } });
}
