import { and, asc, eq, gt, isNull } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  PROJECT_TOKENS_PER_ACCOUNT_MAX,
  type Problem,
  type Result,
  refuse,
  secondsOf,
} from "../protocol/index.ts";
import { type Page, type PageRequest, schema } from "../store/index.ts";
import { revokeProjectTokens, revokeTokensOf } from "../tokens/index.ts";
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import {
  type AccountRef,
  locateProjectToken,
  locateServiceAccount,
  type Owned,
  type ProjectTokenRow,
  type ServiceAccountRow,
} from "./locate.ts";
import {
  insertToken,
  isThisToken,
  type MadeToken,
  newToken,
  type ProjectTokenInput,
  type ProjectTokenItem,
  projectTokenItem,
  regeneratedToken,
  updateTokenRow,
} from "./project_token_row.ts";
import { CHANGED_MEANWHILE, etagOf, type Stored } from "./versioned.ts";

export type { ProjectTokenInput, ProjectTokenItem } from "./project_token_row.ts";

const { projectToken } = schema;

type Verdict<Item> = Promise<Result<Stored<Item>, Problem>>;
/** With the token itself: this once. */
type ItemWithToken = ProjectTokenItem & { readonly token: string };
type Found = Owned<ProjectTokenRow> & { readonly id: string; readonly version: number };

const place = ({ row }: Found) => ({ projectId: row.projectId, serviceAccountId: row.serviceAccountId });
const within = (row: ServiceAccountRow) => ({ projectId: row.projectId, serviceAccountId: row.id });

export async function createProjectToken(
  context: Context,
  ref: AccountRef,
  input: ProjectTokenInput,
): Verdict<ItemWithToken> {
  const found = await locateServiceAccount(context.deps, ref.project, ref.serviceAccount);
  const event = {
    action: "project_token.create",
    target: { type: "project_token" },
    ...(found.ok ? within(found.value) : {}),
  } as const;
  const access = { found, permission: "project-tokens:create", place: within } as const;
  return attempt(context, { ...access, event }, async (account) => {
    const made = await newToken(context, account, input);
    if (!made.ok) return made;
    const { row } = made.value;
    const committed = await commit(context, {
      event: { ...event, target: { ...event.target, id: row.id }, detail: row.name },
      guarded: insertToken(context, row),
    });
    if (committed.ok) return accept(shown(context, made.value));
    if (committed.refusal === "unique") return refuse(nameTaken(input.name));
    const still = await locateServiceAccount(context.deps, ref.project, ref.serviceAccount);
    return still.ok ? refuse(LIMIT_REACHED) : still;
  });
}

export async function getProjectToken(
  context: Context,
  ref: AccountRef,
  id: string,
): Verdict<ProjectTokenItem> {
  const found = await locate(context, ref, id);
  const access = { found, permission: "project-tokens:read", place } as const;
  return permitted(context, access, async ({ row }) => accept(stored(context, row)));
}

/** The tokens that are not revoked; never themselves. */
export async function listProjectTokens(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<ProjectTokenItem>, Problem>> {
  const { deps } = context;
  const found = await locateServiceAccount(deps, ref.project, ref.serviceAccount);
  const access = { found, permission: "project-tokens:read", place: within } as const;
  return permitted(context, access, (account) => {
    const ofAccount = and(eq(projectToken.serviceAccountId, account.id), isNull(projectToken.revokedAt));
    const query = (after: string, limit: number) =>
      deps.db
        .select()
        .from(projectToken)
        .where(and(ofAccount, gt(projectToken.id, after)))
        .orderBy(asc(projectToken.id))
        .limit(limit);
    const render = (row: ProjectTokenRow) => projectTokenItem(row, secondsOf(deps.nowMs()));
    return listPage(context, { name: "project-tokens", query, render }, request);
  });
}

/** Renames a token; the token itself stays good. */
export async function renameProjectToken(
  context: Context,
  ref: AccountRef & { readonly id: string },
  change: { readonly name?: string | undefined },
  ifMatch: readonly string[] | undefined,
): Verdict<ProjectTokenItem> {
  const found = await locate(context, ref, ref.id);
  const event = eventOf("update", found, ref.id);
  const access = { found, permission: "project-tokens:update", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async ({ row }) => {
    const updatedAt = secondsOf(context.deps.nowMs());
    const next = { ...row, name: change.name ?? row.name, version: row.version + 1, updatedAt };
    const committed = await commit(context, {
      event: { ...event, detail: next.name },
      guarded: updateTokenRow(context, row, next),
    });
    if (committed.ok) return accept(stored(context, next));
    return refuse(committed.refusal === "unique" ? nameTaken(next.name) : CHANGED_MEANWHILE);
  });
}

/** Makes a token anew under its name and id. The old one, and what was got by it, are dead on the next request. */
export async function regenerateProjectToken(
  context: Context,
  ref: AccountRef & { readonly id: string },
  ifMatch: readonly string[] | undefined,
): Verdict<ItemWithToken> {
  const found = await locate(context, ref, ref.id);
  const event = eventOf("regenerate", found, ref.id);
  const access = { found, permission: "project-tokens:regenerate", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (owned) => {
    const made = await regeneratedToken(context, owned);
    if (!made.ok) return made;
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(owned.row))],
      guarded: updateTokenRow(context, owned.row, made.value.row),
    });
    return committed.ok ? accept(shown(context, made.value)) : refuse(CHANGED_MEANWHILE);
  });
}

/** Revokes a token and what was got by it. Its name is free again. */
export async function deleteProjectToken(
  context: Context,
  ref: AccountRef & { readonly id: string },
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locate(context, ref, ref.id);
  const event = eventOf("delete", found, ref.id);
  const access = { found, permission: "project-tokens:delete", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async ({ row }) => {
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: revokeProjectTokens(context, isThisToken(row), null),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

async function locate(context: Context, ref: AccountRef, id: string): Promise<Result<Found, Problem>> {
  const found = await locateProjectToken(context.deps, ref, id);
  if (!found.ok) return found;
  return accept({ ...found.value, id: found.value.row.id, version: found.value.row.version });
}

function stored({ deps }: Context, row: ProjectTokenRow): Stored<ProjectTokenItem> {
  return { item: projectTokenItem(row, secondsOf(deps.nowMs())), etag: etagOf(row) };
}

function shown(context: Context, { row, token }: MadeToken): Stored<ItemWithToken> {
  const { item, etag } = stored(context, row);
  return { item: { ...item, token }, etag };
}

function revokedWith(row: ProjectTokenRow) {
  return { projectId: row.projectId, serviceAccountId: row.serviceAccountId, projectTokenId: row.id };
}

function eventOf(verb: "update" | "regenerate" | "delete", found: Result<Found, Problem>, id: string) {
  return {
    action: `project_token.${verb}`,
    target: { type: "project_token", id },
    ...(found.ok ? place(found.value) : {}),
  } as const;
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${PROJECT_TOKENS_PER_ACCOUNT_MAX} project tokens; revoke one first.`,
};

function nameTaken(name: string): Problem {
  const detail = `Another project token of this account is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
