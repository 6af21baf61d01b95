import { commitMarks } from "../audit/index.ts";
import type { Context, Deps } from "../deps.ts";
import { projectTokenMark } from "../grants/index.ts";
import type { Actor } from "../protocol/index.ts";
import { findLiveTokens, type LiveToken } from "../tokens/index.ts";
import { contextOf, type RouteContext } from "./context.ts";

/** Who calls by bearer token: an actor; `missing` without the header; `unknown` for whatever is not good now. */
export type Bearer = Actor | "missing" | "unknown";

/**
 * Who calls, by `Authorization: Bearer`: the bootstrap token, an access token of ours that was made for us, or a
 * project token. @see RFC 6750 s2.1
 */
export async function bearerOf(c: RouteContext, deps: Deps): Promise<Bearer> {
  const { bearer } = await bearerAndToken(c, deps, undefined);
  return bearer;
}

/** Who calls, and the token that the call is about, in one read. */
export async function bearerAndToken(
  c: RouteContext,
  deps: Deps,
  subject: string | undefined,
): Promise<{ readonly bearer: Bearer; readonly token: LiveToken | undefined }> {
  const header = c.req.header("authorization");
  const credential = /^bearer ([^\s]+)$/i.exec(header ?? "")?.[1] ?? "";
  const isBootstrap = credential !== "" && (await isBootstrapToken(deps, credential));
  const [caller, token] = await findLiveTokens(deps, [isBootstrap ? "" : credential, subject ?? ""]);
  if (header === undefined) return { bearer: "missing", token };
  if (isBootstrap) return { bearer: { type: "bootstrap" }, token };
  if (caller === undefined || caller.audience !== deps.config.issuerUrl) return { bearer: "unknown", token };
  const bearer = actorOf(caller);
  noteUse(contextOf(c, deps, bearer), caller);
  return { bearer, token };
}

function actorOf({ account, type, jti }: LiveToken): Actor {
  const { id, projectId } = account;
  return { type: "service_account", id, projectId, credential: { type, id: jti } };
}

/** Behind the answer: a use that could not be noted is no reason to refuse. */
function noteUse(context: Context, { projectToken }: LiveToken): void {
  if (projectToken === undefined) return;
  const { deps, request } = context;
  const failed = (error: unknown) =>
    deps.log({ level: "warn", event: "use_not_noted", cause: String(error).slice(0, 200) });
  request.waitUntil(commitMarks(deps, projectTokenMark(context, projectToken)).catch(failed));
}

/** In constant time: digests of both are compared, so that neither length nor content shows. */
async function isBootstrapToken(deps: Deps, token: string): Promise<boolean> {
  const expected = deps.config.bootstrapToken;
  const [given, wanted] = await Promise.all([digest(token), digest(expected ?? "")]);
  return crypto.subtle.timingSafeEqual(given, wanted) && expected !== undefined;
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
