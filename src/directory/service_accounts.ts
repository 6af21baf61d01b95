import { and, asc, eq, gt } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import { decodeCursor, type Page, type PageRequest, pageOf, readBatch, schema } from "../store/index.ts";
import { locateProject, locateServiceAccount, type ServiceAccountRow } from "./locate.ts";
import { recorded } from "./recorded.ts";
import { type ServiceAccountItem, serviceAccountItem, storedAccount } from "./service_account_item.ts";
import {
  changedAccount,
  insertAccount,
  newAccount,
  type ServiceAccountChange,
  type ServiceAccountInput,
  updateAccount,
} from "./service_account_row.ts";
import { CHANGED_MEANWHILE, judgePrecondition, notFound, type Stored } from "./versioned.ts";

export type { ServiceAccountItem } from "./service_account_item.ts";
export type { ServiceAccountChange, ServiceAccountInput } from "./service_account_row.ts";

const { serviceAccount, federatedIdentityProvider, accessToken, issuedEmail } = schema;
const LIST = "service-accounts";
/** E-mails tried before we give up; two accounts of one name meet once in 78 thousand million. */
const EMAILS_MAX = 5;

type Verdict = Promise<Result<Stored<ServiceAccountItem>, Problem>>;

export async function createServiceAccount(
  context: Context,
  projectRef: string,
  input: ServiceAccountInput,
): Verdict {
  const found = await locateProject(context.deps, projectRef);
  const projectId = found.ok ? found.value.id : undefined;
  const event = { action: "service_account.create", target: { type: "service_account" }, projectId } as const;
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const allowed = authorize(context.actor, "service-accounts:create", { projectId: found.value.id });
    if (!allowed.ok) return allowed;
    for (let attempt = 0; attempt < EMAILS_MAX; attempt++) {
      const row = newAccount(context, found.value.id, input);
      const committed = await commit(context, {
        event: { ...event, target: { ...event.target, id: row.id }, serviceAccountId: row.id },
        before: [context.deps.db.insert(issuedEmail).values({ email: row.email, createdAt: row.createdAt })],
        guarded: insertAccount(context, row),
      });
      if (committed.ok) return accept(storedAccount(row));
      if (committed.refusal === "guard") return notFound("project");
      const rival = await locateServiceAccount(context.deps, found.value.id, input.name);
      if (rival.ok) return refuse(nameTaken(input.name));
    }
    return refuse(CHANGED_MEANWHILE);
  });
}

export async function getServiceAccount(context: Context, projectRef: string, ref: string): Verdict {
  const found = await locateServiceAccount(context.deps, projectRef, ref);
  if (!found.ok) return found;
  const { project, account } = found.value;
  const where = { projectId: project.id, serviceAccountId: account.id };
  const allowed = authorize(context.actor, "service-accounts:read", where);
  return allowed.ok ? accept(storedAccount(account)) : allowed;
}

export async function listServiceAccounts(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<ServiceAccountItem>, Problem>> {
  const { deps } = context;
  const found = await locateProject(deps, projectRef);
  if (!found.ok) return found;
  const allowed = authorize(context.actor, "service-accounts:read", { projectId: found.value.id });
  if (!allowed.ok) return allowed;
  const after = decodeCursor(LIST, request);
  if (!after.ok) return after;
  const query = deps.db
    .select()
    .from(serviceAccount)
    .where(and(eq(serviceAccount.projectId, found.value.id), gt(serviceAccount.id, after.value ?? "")))
    .orderBy(asc(serviceAccount.id))
    .limit(request.pageSize + 1);
  const [rows] = await readBatch(deps.db, [query]);
  return accept(pageOf(LIST, rows, request.pageSize, serviceAccountItem));
}

export async function updateServiceAccount(
  context: Context,
  projectRef: string,
  ref: string,
  change: ServiceAccountChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const { deps } = context;
  const found = await locateServiceAccount(deps, projectRef, ref);
  const event = eventOf("service_account.update", found.ok ? found.value.account : undefined, ref);
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const { account } = found.value;
    const where = { projectId: account.projectId, serviceAccountId: account.id };
    const allowed = authorize(context.actor, "service-accounts:update", where);
    if (!allowed.ok) return allowed;
    const current = judgePrecondition(account, ifMatch);
    if (!current.ok) return current;
    const next = changedAccount(account, change, secondsOf(deps.nowMs()));
    if (!next.ok) return next;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      guarded: updateAccount(context, account, next.value),
    });
    if (committed.ok) return accept(storedAccount(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Deletes an account with its trusts and tokens. Its e-mail stays taken for ever. */
export async function deleteServiceAccount(
  context: Context,
  projectRef: string,
  ref: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const { db } = context.deps;
  const found = await locateServiceAccount(context.deps, projectRef, ref);
  const event = eventOf("service_account.delete", found.ok ? found.value.account : undefined, ref);
  return recorded(context, event, async () => {
    if (!found.ok) return found;
    const { id, projectId, version } = found.value.account;
    const allowed = authorize(context.actor, "service-accounts:delete", { projectId, serviceAccountId: id });
    if (!allowed.ok) return allowed;
    const current = judgePrecondition(found.value.account, ifMatch);
    if (!current.ok) return current;
    const committed = await commit(context, {
      event,
      before: [accessToken, federatedIdentityProvider].map((table) =>
        db.delete(table).where(eq(table.serviceAccountId, id)),
      ),
      guarded: db
        .delete(serviceAccount)
        .where(and(eq(serviceAccount.id, id), eq(serviceAccount.version, version))),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

function eventOf(
  action: "service_account.update" | "service_account.delete",
  account: ServiceAccountRow | undefined,
  ref: string,
) {
  return {
    action,
    target: { type: "service_account", id: account?.id ?? ref },
    projectId: account?.projectId,
    serviceAccountId: account?.id,
  } as const;
}

function nameTaken(name: string): Problem {
  const detail = `Another service account of this project is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
