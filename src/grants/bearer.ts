import { commitMarks } from "../audit/index.ts";
import type { Config } from "../config.ts";
import type { Context, Deps } from "../deps.ts";
import {
  type Actor,
  accept,
  type PersonActor,
  type Result,
  refuse,
  type ServiceAccountActor,
} from "../protocol/index.ts";
import { type Query, readBatch } from "../store/index.ts";
import { type FoundTokens, findLiveTokens, type LiveToken, type TokenQuestion } from "../tokens/index.ts";
import { decodeJwt, judgePerson, personQuery } from "../trust/index.ts";
import { projectTokenMark } from "./usage.ts";

/**
 * Why a bearer is nobody: no header came, what it holds is not good here and now, or nobody can tell, since the issuer
 * of a person does not answer for its keys.
 */
export type BearerRefusal = "missing" | "unknown" | "unavailable";

/** What else is asked in the read that finds out who calls. */
export interface BearerOptions {
  /** The text of the token that the call is about; empty where it is about none. */
  readonly subject?: string;
  /** Whether the caller's rights decide: read with his token, and persons are let in. */
  readonly wantsRights?: boolean;
  /** Id or name of the project that the call is about: a person's rights elsewhere are not read then. */
  readonly project?: string | undefined;
}

/** Who calls, and the token that the call is about. */
export interface Bearer {
  readonly caller: Result<Actor, BearerRefusal>;
  readonly token: LiveToken | undefined;
}

/**
 * Who calls, by the header `Authorization: Bearer`: the bootstrap token, an access token of ours that was made for us,
 * a project token, or a person's ID token; and the token that the call is about, in the same read. @see RFC 6750 s2.1
 * @throws Fault `storage`
 */
export async function authenticateBearer(
  context: Context,
  header: string | undefined,
  { subject = "", wantsRights = false, project }: BearerOptions = {},
): Promise<Bearer> {
  const questions = [{ text: subject }];
  const { caller, tokens } = await readBearer(context, header, {
    wantsRights,
    questions,
    beside: [],
    project,
  });
  return { caller, token: tokens[0] };
}

/** What one read is asked beside who calls. */
interface BearerRead {
  readonly wantsRights: boolean;
  readonly project?: string | undefined;
  readonly questions: readonly TokenQuestion[];
  readonly beside: readonly Query[];
}

/** As `authenticateBearer`, for a verb that has more to ask of the same read: several tokens, queries of its own. */
export async function readBearer(
  context: Context,
  header: string | undefined,
  { wantsRights, questions, beside, project }: BearerRead,
): Promise<FoundTokens & Pick<Bearer, "caller">> {
  const { deps } = context;
  const credential = /^bearer ([^\s]+)$/i.exec(header ?? "")?.[1] ?? "";
  const isBootstrap = credential !== "" && (await isBootstrapToken(deps, credential));
  const asked = { text: isBootstrap ? "" : credential, wantsRights };
  const found = await findLiveTokens(deps, [asked, ...questions], beside);
  const [own, ...tokens] = found.tokens;
  const answer = (caller: Bearer["caller"]) => ({ caller, tokens, rows: found.rows });
  if (header === undefined) return answer(refuse("missing"));
  if (isBootstrap) return answer(accept({ type: "bootstrap" }));
  if (own !== undefined && own.audience === deps.config.issuerUrl) {
    noteUse(context, own);
    return answer(accept(actorOf(own)));
  }
  return answer(wantsRights ? await authenticatePerson(context, credential, project) : refuse("unknown"));
}

/** The person of an ID token. What says that it is ours was looked at already. */
async function authenticatePerson(
  context: Context,
  text: string,
  project: string | undefined,
): Promise<Result<PersonActor, BearerRefusal>> {
  const { deps } = context;
  const jwt = decodeJwt(text);
  if (!jwt.ok || jwt.value.issuer === deps.config.issuerUrl) return refuse("unknown");
  const [[ground]] = await readBatch(deps.db, [personQuery(deps.db, jwt.value, project)]);
  if (ground === undefined) return refuse("unknown");
  const judged = await judgePerson(context, jwt.value, ground);
  if (judged.ok) return judged;
  const { reason } = judged.refusal;
  // The log is the operator's: it may know the reason that the caller must not.
  deps.log({ level: "info", event: "person_refused", identityProvider: ground.id, reason });
  return refuse(reason === "issuer_unreachable" ? "unavailable" : "unknown");
}

/** The account that a token of ours is for, with the rights that were read beside it. */
export function actorOf({ account, type, jti, expiresAt, ...token }: LiveToken): ServiceAccountActor {
  const { id, projectId } = account;
  const { bindings, scope, act, grantsVersion } = token;
  const credential = { type, id: jti, expiresAt };
  return { type: "service_account", id, projectId, credential, bindings, scope, act, grantsVersion };
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
