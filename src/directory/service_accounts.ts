import { and, eq, type SQL, sql } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, notFound, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import { type Page, type PageRequest, schema } from "../store/index.ts";
import { revokeTokensOf } from "../tokens/index.ts";
import { isOwnedBy } from "./account_members.ts";
import { attempt, attemptChange, eventOn, permitted } from "./attempt.ts";
import { moveGrants, stillHolds } from "./bindings/grants_version.ts";
import { type Deletion, judgeTakingAlong } from "./bindings/hanging.ts";
import { type Acknowledged, judgeOwnersWithout } from "./bindings/owners.ts";
import { isAt, type Stored } from "./etag.ts";
import { listPage } from "./list_page.ts";
import { type AccountRef, locateProject, locateServiceAccount, type ServiceAccountRow } from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeOfAccount as place, placeOfProject } from "./places.ts";
import { CHANGED_MEANWHILE, nameTaken } from "./problems.ts";
import { unlinkAccount } from "./resource_server_row.ts";
import { type ServiceAccountItem, serviceAccountItem, storedAccount } from "./service_account_item.ts";
import {
  changedAccount,
  endOf,
  insertAccount,
  mayRevive,
  newAccount,
  type ServiceAccountChange,
  type ServiceAccountInput,
  updateAccountRow,
} from "./service_account_row.ts";

const {
  serviceAccount,
  serviceAccountKey,
  federatedIdentityProvider,
  projectToken,
  accessToken,
  issuedEmail,
} = schema;

/** E-mails tried before we give up; two accounts of one name meet once in 78 thousand million. */
const EMAILS_MAX = 5;

type Verdict = Promise<Result<Stored<ServiceAccountItem>, Problem>>;

/** How a name that is taken is told. */
const KIND = "service account of this project";

/** Creates an account, under an e-mail that was never given out before. */
export async function createServiceAccount(
  context: Context,
  projectRef: string,
  input: ServiceAccountInput,
): Verdict {
  const found = await locateProject(context.deps, projectRef);
  const permission = "service-accounts:create";
  const access = { found, permission, place: placeOfProject, action: "service_account.create" } as const;
  return attempt(context, access, async (project, event) => {
    for (let round = 0; round < EMAILS_MAX; round++) {
      const row = newAccount(context, project.id, input);
      const committed = await commit(context, {
        event: { ...eventOn(event, row.id), serviceAccountId: row.id },
        before: [context.deps.db.insert(issuedEmail).values({ email: row.email, createdAt: row.createdAt })],
        guarded: insertAccount(context, row),
      });
      if (committed.ok) return accept(storedAccount(row));
      if (committed.refusal === "guard") return notFound("project");
      const ref = { project: project.id, serviceAccount: input.name };
      const rival = await locateServiceAccount(context.deps, ref);
      if (rival.ok) return refuse(nameTaken(KIND, input.name));
    }
    return refuse(CHANGED_MEANWHILE);
  });
}

/** An account by its id, e-mail or name. */
export async function getServiceAccount(context: Context, ref: AccountRef): Verdict {
  const found = await locateServiceAccount(context.deps, ref);
  return permitted(context, { found, permission: "service-accounts:read", place }, async (row) =>
    accept(storedAccount(row)),
  );
}

/** The accounts of a project. */
export async function listServiceAccounts(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<ServiceAccountItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "service-accounts:read", place: placeOfProject } as const;
  return permitted(context, access, ({ id }) => {
    const scope = eq(serviceAccount.projectId, id);
    const isShown = (row: ServiceAccountRow) => authorize(context, "service-accounts:read", place(row)).ok;
    const list = {
      name: "service-accounts",
      table: serviceAccount,
      scope,
      render: serviceAccountItem,
      isShown,
    };
    return listPage(context, list, request);
  });
}

/**
 * Disabling an account, or giving it an earlier end, revokes its tokens that would outlive it. Nobody revives one that
 * holds more than he does, or ends the last owner's unasked.
 */
export async function updateServiceAccount(
  context: Context,
  ref: AccountRef,
  { change, ifMatch, acknowledge }: Patch<ServiceAccountChange> & Acknowledged,
): Verdict {
  const found = await locateServiceAccount(context.deps, ref);
  const permission = "service-accounts:update";
  const action = "service_account.update";
  const equips = mayRevive(change);
  const access = { found, permission, place, action, id: ref.serviceAccount, ifMatch, equips } as const;
  return attemptChange(context, access, async (row, event) => {
    const next = changedAccount(context, row, change);
    if (!next.ok) return next;
    const guard = await endGuard(context, row, next.value, { acknowledge });
    if (!guard.ok) return guard;
    const end = endOf(next.value);
    // Not for an end alone: who changes bindings all the time must not keep an account alive by it.
    const holds = equips ? stillHolds(context, row.projectId) : sql`1`;
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: end < endOf(row) ? [revokeTokensOf(context, place(row), end)] : [],
      guarded: updateAccountRow(context, row, next.value, sql`${guard.value} AND ${holds}`),
      after: end === endOf(row) ? [] : [moveGrants(context, row.projectId)],
    });
    if (committed.ok) return accept(storedAccount(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(KIND, next.value.name) : CHANGED_MEANWHILE);
  });
}

/** What a change is guarded by that ends an account which is good now, or lets it end earlier. */
async function endGuard(
  context: Context,
  row: ServiceAccountRow,
  next: ServiceAccountRow,
  { acknowledge }: Acknowledged,
): Promise<Result<SQL, Problem>> {
  const isGood = endOf(row) > secondsOf(context.deps.nowMs());
  const isEnded = isGood && endOf(next) < endOf(row);
  if (!isEnded) return accept(sql`1`);
  const condition = isBoundTo(row);
  return judgeOwnersWithout(context, row.projectId, { condition, acknowledge, detail: LAST_OWNER_ENDS });
}

const LAST_OWNER_ENDS =
  "This is the account of the project's last owner: bind another one first, or repeat with acknowledge=last_owner.";

/** The bindings that give it something, or deny it. */
function isBoundTo({ id }: ServiceAccountRow): SQL {
  return sql`(role_binding.principal_type = 'service_account' AND role_binding.principal_id = ${id})`;
}

/** These, and those on it. */
function isBindingOf(row: ServiceAccountRow): SQL {
  return sql`(${isBoundTo(row)}
    OR (role_binding.resource_type = 'service_account' AND role_binding.resource_id = ${row.id}))`;
}

/**
 * Deletes an account with its trusts, keys and tokens. Its e-mail stays taken for ever. Says which role bindings hang on
 * it, or takes them along where the caller holds what they permit.
 */
export async function deleteServiceAccount(
  context: Context,
  ref: AccountRef,
  { ifMatch, cascade = false, acknowledge }: Deletion,
): Promise<Result<true, Problem>> {
  const { db } = context.deps;
  const found = await locateServiceAccount(context.deps, ref);
  const permission = "service-accounts:delete";
  const action = "service_account.delete";
  const access = { found, permission, place, action, id: ref.serviceAccount, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const ending = { projectId: row.projectId, hangsOn: isBindingOf(row), cascade, acknowledge };
    const along = await judgeTakingAlong(context, { ...ending, endsWhatIsDenied: true });
    if (!along.ok) return along;
    const holds = cascade ? stillHolds(context, row.projectId) : undefined;
    const committed = await commit(context, {
      event: { ...event, ...along.value.event },
      before: [
        revokeTokensOf(context, place(row)),
        unlinkAccount(context, row),
        ...along.value.before,
        ...[accessToken, federatedIdentityProvider, serviceAccountKey, projectToken].map((table) =>
          db.delete(table).where(isOwnedBy(table, place(row))),
        ),
      ],
      guarded: db.delete(serviceAccount).where(and(isAt(serviceAccount, row), along.value.guard, holds)),
      after: [moveGrants(context, row.projectId)],
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}
