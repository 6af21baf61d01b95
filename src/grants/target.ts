import { recordedText } from "../audit/index.ts";
import {
  ACCESS_TOKEN_MAX_SECONDS,
  accept,
  type ExchangeReason,
  type ExchangeRefusal,
  type HeldBinding,
  type Result,
  refuse,
} from "../protocol/index.ts";
import {
  audiencesOf,
  type Circumstances,
  explain,
  givenOf,
  givenUntil,
  grantedSomewhere,
  isPermission,
  type Place,
  PROJECT_PERMISSIONS,
  weigh,
} from "../rbac/index.ts";
import type { Anchor, TargetedApi } from "../trust/index.ts";
import type { Presentation } from "./parameters.ts";

/** What a token is for: its audience, what it may do there, and until when at most, in integer seconds. */
export interface Target {
  readonly audience: string;
  readonly scope: readonly string[];
  readonly api: TargetedApi | undefined;
  readonly until: number;
}

/** What is asked for. */
export type Wanted = Pick<Presentation, "targets" | "scope">;

/** From what it is decided. */
export interface Rights {
  readonly issuerUrl: string;
  readonly anchor: Pick<Anchor, "account" | "api">;
  readonly bindings: readonly HeldBinding[];
  readonly circumstances: Circumstances;
}

type Verdict = Result<Target, ExchangeRefusal>;

/** Which APIs the wish may mean, for the one read. */
export function audiencesWanted(issuerUrl: string, { targets }: Wanted): readonly string[] {
  const [target = issuerUrl] = targets;
  return target === issuerUrl ? [] : audiencesOf(target).map(({ audience }) => audience);
}

/**
 * Cuts the wish down to what is granted: our issuer URL unless another audience is asked for; without scope all that is
 * granted there. What is asked for and not granted is refused, never left out. Pure. @see RFC 8707 s2, RFC 6749 s3.3
 */
export function grantTarget(rights: Rights, wanted: Wanted): Verdict {
  const { issuerUrl, anchor } = rights;
  if (wanted.targets.length > 1) return notAllowed("A token is for one audience; ask for one at a time.");
  const audience = wanted.targets[0] ?? issuerUrl;
  if (audience === issuerUrl) return grantOwn(rights, wanted.scope);
  const path = audiencesOf(audience).find((cut) => cut.audience === anchor.api?.audience)?.path;
  if (anchor.api === undefined || path === undefined || anchor.api.permissions.length === 0) {
    return grantUnregistered(rights, audience, wanted.scope);
  }
  return grantApi(rights, { api: anchor.api, audience, path }, wanted.scope);
}

/** Of ours the scope says what the token may do at most; each call is decided anew, so no condition ends it. */
function grantOwn({ issuerUrl, bindings, circumstances }: Rights, scope: readonly string[]): Verdict {
  const somewhere = grantedSomewhere(weigh(bindings, circumstances));
  const isGranted = (permission: string) => isPermission(permission) && somewhere.has(permission);
  const missing = scope.find((permission) => !isGranted(permission));
  if (missing !== undefined) return notGranted("scope_not_granted", whyNotOurs(missing));
  const granted = scope.length > 0 ? scope : PROJECT_PERMISSIONS.filter(isGranted);
  return accept({ audience: issuerUrl, scope: granted, api: undefined, until: horizonOf(circumstances) });
}

function whyNotOurs(permission: string): string {
  return isPermission(permission)
    ? `no binding gives ${permission} now, from there`
    : `${permission} is no permission of this service; for an API's, name its audience too`;
}

/** An audience that no API with permissions registered: the account's own list lets it through, with no scope. */
function grantUnregistered({ anchor }: Rights, audience: string, scope: readonly string[]): Verdict {
  if (!anchor.account.allowedAudiences.includes(audience)) {
    const shown = recordedText(JSON.stringify(audience)).slice(0, 200);
    return notAllowed(
      `No resource server of the project with permissions is ${shown}, nor do the account's allowedAudiences hold it.`,
    );
  }
  const [first] = scope;
  if (first !== undefined) return notGranted("scope_not_granted", `nothing defines ${first} there`);
  const api = anchor.api?.audience === audience ? anchor.api : undefined;
  return accept({ audience, scope: [], api, until: Number.MAX_SAFE_INTEGER });
}

interface WantedApi {
  readonly api: TargetedApi;
  readonly audience: string;
  readonly path: string;
}

function grantApi(rights: Rights, { api, audience, path }: WantedApi, scope: readonly string[]): Verdict {
  const { anchor, bindings, circumstances } = rights;
  const place: Place = { projectId: anchor.account.projectId, resourceServerId: api.id, path };
  const known = api.permissions.map(({ name }) => name);
  const given = givenOf(weigh(bindings, circumstances), known, place);
  const isGranted = (permission: string) => given.has(permission);
  const why = (permission: string) =>
    known.includes(permission)
      ? explain(bindings, permission, place, circumstances)
      : `the API knows no permission ${permission}`;
  const missing = scope.find((permission) => !isGranted(permission));
  if (missing !== undefined) return notGranted("scope_not_granted", why(missing));
  const granted = scope.length > 0 ? scope : known.filter(isGranted);
  if (granted.length === 0) return notGranted("target_not_allowed", whyNone(known, why));
  const asked = { permissions: granted, place, horizon: horizonOf(circumstances) };
  const until = givenUntil(bindings, circumstances, asked);
  return accept({ audience, scope: granted, api, until });
}

/** Why none of them is given; no more of it than is told. */
function whyNone(permissions: readonly string[], why: (permission: string) => string): string {
  let told = "";
  for (const permission of permissions) {
    if (told.length >= WHY_MAX_CHARACTERS) break;
    told += `${told === "" ? "" : "; "}${why(permission)}`;
  }
  return told;
}

const WHY_MAX_CHARACTERS = 800;

function horizonOf({ now }: Circumstances): number {
  return now + ACCESS_TOKEN_MAX_SECONDS;
}

function notAllowed(detail: string) {
  return refuse({ reason: "target_not_allowed", detail } as const);
}

function notGranted(reason: ExchangeReason, why: string) {
  return refuse({ reason, detail: `${why.slice(0, WHY_MAX_CHARACTERS)}.` });
}
