import { and, isNull } from "drizzle-orm";
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
import { isOwnedBy, whyNoRoom } from "./account_members.ts";
import { attempt, attemptChange, eventOn, permitted } from "./attempt.ts";
import type { Stored } from "./etag.ts";
import { listPage } from "./list_page.ts";
import {
  type AccountRef,
  locateProjectToken,
  locateServiceAccount,
  type MemberRef,
  type ProjectTokenRow,
} from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeInAccount as place, placeOfAccount } from "./places.ts";
import { CHANGED_MEANWHILE, nameTaken } from "./problems.ts";
import {
  type ProjectTokenItem,
  type ProjectTokenItemWithToken,
  projectTokenItem,
  shownProjectToken,
  storedProjectToken,
} from "./project_token_item.ts";
import {
  changedProjectToken,
  insertProjectToken,
  isThisProjectToken,
  newProjectToken,
  type ProjectTokenChange,
  type ProjectTokenInput,
  regeneratedProjectToken,
  updateProjectTokenRow,
} from "./project_token_row.ts";

const { projectToken } = schema;

type Verdict<Item> = Promise<Result<Stored<Item>, Problem>>;

/** How a name that is taken is told. */
const KIND = "project token of this account";

/** Makes a long-lived token. It is in the answer, and nowhere afterwards. */
export async function createProjectToken(
  context: Context,
  ref: AccountRef,
  input: ProjectTokenInput,
): Verdict<ProjectTokenItemWithToken> {
  const found = await locateServiceAccount(context.deps, ref);
  const permission = "project-tokens:create";
  const action = "project_token.create";
  const access = { found, permission, place: placeOfAccount, action, equips: true } as const;
  return attempt(context, access, async (account, event) => {
    const made = await newProjectToken(context, account, input);
    if (!made.ok) return made;
    const { row } = made.value;
    const committed = await commit(context, {
      event: { ...eventOn(event, row.id), detail: row.name },
      guarded: insertProjectToken(context, row),
    });
    if (committed.ok) return accept(shownProjectToken(context, made.value));
    if (committed.refusal === "unique") return refuse(nameTaken(KIND, row.name));
    return refuse(await whyNoRoom(context, ref, LIMIT_REACHED));
  });
}

/** A project token by its id, never itself. */
export async function getProjectToken(context: Context, ref: MemberRef): Verdict<ProjectTokenItem> {
  const found = await locateProjectToken(context.deps, ref);
  const access = { found, permission: "project-tokens:read", place } as const;
  return permitted(context, access, async (row) => accept(storedProjectToken(context, row)));
}

/** The tokens that are not revoked; never themselves. */
export async function listProjectTokens(
  context: Context,
  ref: AccountRef,
  request: PageRequest,
): Promise<Result<Page<ProjectTokenItem>, Problem>> {
  const found = await locateServiceAccount(context.deps, ref);
  const access = { found, permission: "project-tokens:read", place: placeOfAccount } as const;
  return permitted(context, access, (account) => {
    const scope = and(isOwnedBy(projectToken, placeOfAccount(account)), isNull(projectToken.revokedAt));
    const render = (row: ProjectTokenRow) => projectTokenItem(row, secondsOf(context.deps.nowMs()));
    return listPage(context, { name: "project-tokens", table: projectToken, scope, render }, request);
  });
}

/** Renames a token; the token itself stays good. */
export async function updateProjectToken(
  context: Context,
  ref: MemberRef,
  { change, ifMatch }: Patch<ProjectTokenChange>,
): Verdict<ProjectTokenItem> {
  const found = await locateProjectToken(context.deps, ref);
  const permission = "project-tokens:update";
  const access = { found, permission, place, action: "project_token.update", id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = changedProjectToken(context, row, change);
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      guarded: updateProjectTokenRow(context, row, next),
    });
    if (committed.ok) return accept(storedProjectToken(context, next));
    return refuse(committed.refusal === "unique" ? nameTaken(KIND, next.name) : CHANGED_MEANWHILE);
  });
}

/** Makes a token anew under its name and id. The old one, and what was got by it, are dead on the next request. */
export async function regenerateProjectToken(
  context: Context,
  ref: MemberRef,
  ifMatch: readonly string[] | undefined,
): Verdict<ProjectTokenItemWithToken> {
  const found = await locateProjectToken(context.deps, ref);
  const permission = "project-tokens:regenerate";
  const action = "project_token.regenerate";
  const access = { found, permission, place, action, id: ref.id, ifMatch, equips: true } as const;
  return attemptChange(context, access, async (row, event) => {
    const made = await regeneratedProjectToken(context, row);
    if (!made.ok) return made;
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: updateProjectTokenRow(context, row, made.value.row),
    });
    return committed.ok ? accept(shownProjectToken(context, made.value)) : refuse(CHANGED_MEANWHILE);
  });
}

/** Revokes a token and what was got by it. Its name is free again. */
export async function deleteProjectToken(
  context: Context,
  ref: MemberRef,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const found = await locateProjectToken(context.deps, ref);
  const permission = "project-tokens:delete";
  const access = { found, permission, place, action: "project_token.delete", id: ref.id, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const committed = await commit(context, {
      event,
      before: [revokeTokensOf(context, revokedWith(row))],
      guarded: revokeProjectTokens(context, isThisProjectToken(row), null),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

function revokedWith(row: ProjectTokenRow) {
  return { ...place(row), projectTokenId: row.id };
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `A service account has at most ${PROJECT_TOKENS_PER_ACCOUNT_MAX} project tokens; revoke one first.`,
};
