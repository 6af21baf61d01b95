import { commitMarks } from "../audit/index.ts";
import type { Config } from "../config.ts";
import type { Context, Deps } from "../deps.ts";
import { type Actor, accept, type Result, refuse, type ServiceAccountActor } from "../protocol/index.ts";
import { findLiveTokens, type LiveToken } from "../tokens/index.ts";
import { projectTokenMark } from "./usage.ts";

/** Why a bearer is nobody: no header came, or what it holds is not good here and now. */
export type BearerRefusal = "missing" | "unknown";

/**
 * Who calls, by the header `Authorization: Bearer`: the bootstrap token, an access token of ours that was made for us,
 * or a project token; and the token that the call is about, in the same read. @see RFC 6750 s2.1
 * @param subject a token's text; empty where the call is about none @throws Fault `storage`
 */
export async function authenticateBearer(
  context: Context,
  header: string | undefined,
  subject = "",
): Promise<{
  readonly caller: Result<Actor, BearerRefusal>;
  readonly token: LiveToken | undefined;
}> {
  const { deps } = context;
  const credential = /^bearer ([^\s]+)$/i.exec(header ?? "")?.[1] ?? "";
  const isBootstrap = credential !== "" && (await isBootstrapToken(deps, credential));
  const [own, token] = await findLiveTokens(deps, [isBootstrap ? "" : credential, subject]);
  if (header === undefined) return { caller: refuse("missing"), token };
  if (isBootstrap) return { caller: accept({ type: "bootstrap" }), token };
  if (own === undefined || own.audience !== deps.config.issuerUrl)
    return { caller: refuse("unknown"), token };
  noteUse(context, own);
  return { caller: accept(actorOf(own)), token };
}

function actorOf({ account: { id, projectId }, type, jti }: LiveToken): ServiceAccountActor {
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

/** The digest of each configuration's bootstrap token, made once in an isolate. */
const digests = new WeakMap<Config, ArrayBuffer>();

/** In constant time: digests of both are compared, so that neither length nor content shows. */
async function isBootstrapToken({ config }: Deps, token: string): Promise<boolean> {
  const expected = config.bootstrapToken;
  const wanted = digests.get(config) ?? (await digest(expected ?? ""));
  digests.set(config, wanted);
  return crypto.subtle.timingSafeEqual(await digest(token), wanted) && expected !== undefined;
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
