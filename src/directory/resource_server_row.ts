import { and, type SQL, sql } from "drizzle-orm";
import type { SigningAlgorithm } from "../config.ts";
import type { Context, Deps } from "../deps.ts";
import {
  type ApiPermission,
  AUDIENCE_SEGMENTS_MAX,
  accept,
  type MemberProblem,
  type Problem,
  RESOURCE_SERVERS_PER_PROJECT_MAX,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { isPath, isPermission } from "../rbac/index.ts";
import { insertSelect, newId, type Statement, schema } from "../store/index.ts";
import { isOwnedBy } from "./account_members.ts";
import { stillHolds } from "./bindings/grants_version.ts";
import { isAt } from "./etag.ts";
import { locateServiceAccount, type ResourceServerRow, type ServiceAccountRow } from "./locate.ts";
import { merged } from "./merge_patch.ts";
import { placeOfAccount } from "./places.ts";
import { notStorable } from "./problems.ts";

const { resourceServer } = schema;

/** How it is told what cannot be stored. */
const KIND = "resource server";

/** A resource server as a caller describes it. */
export interface ResourceServerInput {
  readonly name: string;
  readonly audience: string;
  /** Id, e-mail or name of an account of the same project. */
  readonly serviceAccount?: string | undefined;
  readonly permissions?: readonly ApiPermission[] | undefined;
  /** Seconds. */
  readonly tokenLifetime?: number | undefined;
  readonly signingAlgorithm?: SigningAlgorithm | undefined;
}

/** A merge patch. @see RFC 7396 */
export interface ResourceServerChange {
  readonly name?: string | undefined;
  readonly audience?: string | undefined;
  readonly serviceAccount?: string | null | undefined;
  readonly permissions?: readonly ApiPermission[] | null | undefined;
  readonly tokenLifetime?: number | null | undefined;
  readonly signingAlgorithm?: SigningAlgorithm | null | undefined;
}

/** A resource server as it will be stored; refuses what may not be. */
export async function newResourceServer(
  context: Context,
  projectId: string,
  input: ResourceServerInput,
): Promise<Result<ResourceServerRow, Problem>> {
  const link = await judgeAndLink(context, projectId, input);
  if (!link.ok) return link;
  const nowMs = context.deps.nowMs();
  return accept({
    id: newId(nowMs),
    projectId,
    name: input.name,
    audience: input.audience,
    serviceAccountId: link.value ?? null,
    permissions: input.permissions ?? [],
    tokenLifetime: input.tokenLifetime ?? null,
    signingAlgorithm: input.signingAlgorithm ?? null,
    version: 1,
    createdAt: secondsOf(nowMs),
    updatedAt: secondsOf(nowMs),
  });
}

/** The resource server after a change; refuses what may not be stored. */
export async function changedResourceServer(
  context: Context,
  row: ResourceServerRow,
  change: ResourceServerChange,
): Promise<Result<ResourceServerRow, Problem>> {
  const link = await judgeAndLink(context, row.projectId, change);
  if (!link.ok) return link;
  return accept({
    ...row,
    name: change.name ?? row.name,
    audience: change.audience ?? row.audience,
    serviceAccountId: link.value === undefined ? row.serviceAccountId : link.value,
    permissions: merged(row.permissions, change.permissions) ?? [],
    tokenLifetime: merged(row.tokenLifetime, change.tokenLifetime),
    signingAlgorithm: merged(row.signingAlgorithm, change.signingAlgorithm),
    version: row.version + 1,
    updatedAt: secondsOf(context.deps.nowMs()),
  });
}

/** Whether what the caller says may be stored, all problems at once; and the id of the account that is named. */
async function judgeAndLink(
  { deps }: Context,
  projectId: string,
  { audience, serviceAccount, permissions }: ResourceServerChange,
): Promise<Result<string | null | undefined, Problem>> {
  const link = await findLink(deps, projectId, serviceAccount);
  const isOurs = audience !== undefined && isSameUrl(audience, deps.config.issuerUrl);
  const errors = [
    ...(isOurs ? [AUDIENCE_IS_OURS] : []),
    ...(isOurs || audience === undefined || isPlain(audience) ? [] : [AUDIENCE_NOT_PLAIN]),
    ...(link.ok ? [] : [link.refusal]),
    ...permissionProblems(permissions ?? []),
  ];
  return link.ok && errors.length === 0 ? link : refuse(notStorable(KIND, errors));
}

/** A name of ours on another API would make its roles roles over us; a name twice would have two meanings. */
function permissionProblems(permissions: readonly ApiPermission[]): readonly MemberProblem[] {
  const names = permissions.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const pointer = `/permissions/${index}/name`;
    if (isPermission(name)) {
      return [
        {
          pointer,
          code: "permission_is_ours",
          detail: `${name} is a permission of this service; use another name.`,
        },
      ];
    }
    if (names.indexOf(name) < index) {
      return [{ pointer, code: "duplicate", detail: `${name} is named twice.` }];
    }
    return [];
  });
}

/** Undefined where nothing is said of an account, null where it is taken away. */
async function findLink(
  deps: Deps,
  projectId: string,
  ref: string | null | undefined,
): Promise<Result<string | null | undefined, MemberProblem>> {
  if (typeof ref !== "string") return accept(ref);
  const found = await locateServiceAccount(deps, { project: projectId, serviceAccount: ref });
  return found.ok ? accept(found.value.id) : refuse(ACCOUNT_NOT_FOUND);
}

/** Audiences are compared byte for byte, but one that reads like our URL would be taken for it by people and clients. */
function isSameUrl(audience: string, ours: string): boolean {
  if (!URL.canParse(audience)) return false;
  const { origin, pathname } = new URL(audience);
  // With user information or an empty query it would still read like ours.
  return origin === new URL(ours).origin && pathname === "/";
}

/** Servers read what is not plain in more ways than one, and what lies below an API has to be plain to see. */
function isPlain(audience: string): boolean {
  const [text = ""] = audience.split("?");
  const { protocol, href, username, password, pathname } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return true;
  const path = pathname.replace(/\/$/, "");
  const isCanonical = href === text || href === `${text}/`;
  const isShort = path.split("/").length <= AUDIENCE_SEGMENTS_MAX + 1;
  return isCanonical && isShort && isPath(path) && username === "" && password === "";
}

const AUDIENCE_NOT_PLAIN: MemberProblem = {
  pointer: "/audience",
  code: "audience_not_plain",
  detail: `Use a plain URI: no user, no default port, and a path of at most ${AUDIENCE_SEGMENTS_MAX} segments of letters, digits and . _ ~ @ : -`,
};

const AUDIENCE_IS_OURS: MemberProblem = {
  pointer: "/audience",
  code: "audience_is_ours",
  detail: "This is our own issuer URL; an API needs an audience of its own, or its tokens would open ours.",
};

/** One text for an account of another project and for none: it tells nobody who exists elsewhere. */
const ACCOUNT_NOT_FOUND: MemberProblem = {
  pointer: "/serviceAccount",
  code: "not_found",
  detail: "There is no such service account in this project.",
};

/** The account that was found when the call began is there no more. */
export const ACCOUNT_GONE: Problem = notStorable(KIND, [ACCOUNT_NOT_FOUND]);

/** Inserted only while project and account are there and there is room: of two that race for the last place one gets it. */
export function insertResourceServer(context: Context, row: ResourceServerRow): Statement {
  return insertSelect(
    context.deps.db,
    resourceServer,
    row,
    sql`FROM project p WHERE p.id = ${row.projectId} AND ${accountIsThere(row)}
      AND ${stillHolds(context, row.projectId)}
      AND (SELECT count(*) FROM resource_server r WHERE r.project_id = p.id) < ${RESOURCE_SERVERS_PER_PROJECT_MAX}`,
  );
}

/** Changes the row only at the version that was read, and while the account that it is to name is there. */
export function updateResourceServerRow(
  context: Context,
  row: ResourceServerRow,
  next: ResourceServerRow,
): Statement {
  const { id, projectId, createdAt, ...columns } = next;
  return context.deps.db
    .update(resourceServer)
    .set(columns)
    .where(and(isAt(resourceServer, row), accountIsThere(next), stillHolds(context, row.projectId)));
}

function accountIsThere({ projectId, serviceAccountId }: ResourceServerRow): SQL {
  if (serviceAccountId === null) return sql`1`;
  return sql`EXISTS (SELECT 1 FROM service_account a WHERE a.id = ${serviceAccountId} AND a.project_id = ${projectId})`;
}

/**
 * For an account that is deleted with this batch: its resource servers stay, without an account. They are in another
 * state then, so their tags change and a change that read the old state is refused.
 */
export function unlinkAccount({ deps }: Context, account: ServiceAccountRow): Statement {
  return deps.db
    .update(resourceServer)
    .set({
      serviceAccountId: null,
      version: sql`${resourceServer.version} + 1`,
      updatedAt: secondsOf(deps.nowMs()),
    })
    .where(isOwnedBy(resourceServer, placeOfAccount(account)));
}
