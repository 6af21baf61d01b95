import { and, asc, eq, gt } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, notFound, type Problem, type Result, refuse, secondsOf } from "../protocol/index.ts";
import { type Page, type PageRequest, schema } from "../store/index.ts";
import { revokeTokensOf } from "../tokens/index.ts";
import { attempt, attemptChange, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import { locateProject, locateServiceAccount, type ProjectRow, type ServiceAccountRow } from "./locate.ts";
import { unlinkAccount } from "./resource_server_row.ts";
import { type ServiceAccountItem, serviceAccountItem, storedAccount } from "./service_account_item.ts";
import {
  changedAccount,
  insertAccount,
  newAccount,
  type ServiceAccountChange,
  type ServiceAccountInput,
  updateAccount,
} from "./service_account_row.ts";
import { CHANGED_MEANWHILE, type Stored } from "./versioned.ts";

export type { ServiceAccountItem } from "./service_account_item.ts";
export type { ServiceAccountChange, ServiceAccountInput } from "./service_account_row.ts";

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

const place = (row: ServiceAccountRow) => ({ projectId: row.projectId, serviceAccountId: row.id });
const within = (row: ProjectRow) => ({ projectId: row.id });

export async function createServiceAccount(
  context: Context,
  projectRef: string,
  input: ServiceAccountInput,
): Verdict {
  const found = await locateProject(context.deps, projectRef);
  const projectId = found.ok ? found.value.id : undefined;
  const event = { action: "service_account.create", target: { type: "service_account" }, projectId } as const;
  const access = { found, permission: "service-accounts:create", place: within } as const;
  return attempt(context, { ...access, event }, async (project) => {
    for (let round = 0; round < EMAILS_MAX; round++) {
      const row = newAccount(context, project.id, input);
      const committed = await commit(context, {
        event: { ...event, target: { ...event.target, id: row.id }, serviceAccountId: row.id },
        before: [context.deps.db.insert(issuedEmail).values({ email: row.email, createdAt: row.createdAt })],
        guarded: insertAccount(context, row),
      });
      if (committed.ok) return accept(storedAccount(row));
      if (committed.refusal === "guard") return notFound("project");
      const rival = await locateServiceAccount(context.deps, project.id, input.name);
      if (rival.ok) return refuse(nameTaken(input.name));
    }
    return refuse(CHANGED_MEANWHILE);
  });
}

export async function getServiceAccount(context: Context, projectRef: string, ref: string): Verdict {
  const found = await locateServiceAccount(context.deps, projectRef, ref);
  return permitted(context, { found, permission: "service-accounts:read", place }, async (row) =>
    accept(storedAccount(row)),
  );
}

export async function listServiceAccounts(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<ServiceAccountItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "service-accounts:read", place: within } as const;
  return permitted(context, access, (project) => {
    const query = (after: string, limit: number) =>
      context.deps.db
        .select()
        .from(serviceAccount)
        .where(and(eq(serviceAccount.projectId, project.id), gt(serviceAccount.id, after)))
        .orderBy(asc(serviceAccount.id))
        .limit(limit);
    return listPage(context, { name: "service-accounts", query, render: serviceAccountItem }, request);
  });
}

export async function updateServiceAccount(
  context: Context,
  projectRef: string,
  ref: string,
  change: ServiceAccountChange,
  ifMatch: readonly string[] | undefined,
): Verdict {
  const found = await locateServiceAccount(context.deps, projectRef, ref);
  const event = eventOf("service_account.update", found, ref);
  const access = { found, permission: "service-accounts:update", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async (row) => {
    const next = changedAccount(row, change, secondsOf(context.deps.nowMs()));
    if (!next.ok) return next;
    const committed = await commit(context, {
      event: { ...event, detail: Object.keys(change).join(", ") },
      before: endOf(next.value) < endOf(row) ? [revokeTokensOf(context, place(row), endOf(next.value))] : [],
      guarded: updateAccount(context, row, next.value),
    });
    if (committed.ok) return accept(storedAccount(next.value));
    return refuse(committed.refusal === "unique" ? nameTaken(next.value.name) : CHANGED_MEANWHILE);
  });
}

/** Until when an account is good, as integer seconds: one that is disabled was never good. */
function endOf({ disabled, expiresAt }: ServiceAccountRow): number {
  return disabled ? 0 : (expiresAt ?? Number.MAX_SAFE_INTEGER);
}

/** Deletes an account with its trusts, keys and tokens. Its e-mail stays taken for ever. */
export async function deleteServiceAccount(
  context: Context,
  projectRef: string,
  ref: string,
  ifMatch: readonly string[] | undefined,
): Promise<Result<true, Problem>> {
  const { db } = context.deps;
  const found = await locateServiceAccount(context.deps, projectRef, ref);
  const event = eventOf("service_account.delete", found, ref);
  const access = { found, permission: "service-accounts:delete", place } as const;
  return attemptChange(context, { ...access, event, ifMatch }, async ({ id, projectId, version }) => {
    const committed = await commit(context, {
      event,
      before: [
        revokeTokensOf(context, { projectId, serviceAccountId: id }),
        unlinkAccount(context, { projectId, id }),
        ...[accessToken, federatedIdentityProvider, serviceAccountKey, projectToken].map((table) =>
          db.delete(table).where(eq(table.serviceAccountId, id)),
        ),
      ],
      guarded: db
        .delete(serviceAccount)
        .where(
          and(
            eq(serviceAccount.projectId, projectId),
            eq(serviceAccount.id, id),
            eq(serviceAccount.version, version),
          ),
        ),
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

function eventOf(
  action: "service_account.update" | "service_account.delete",
  found: Result<ServiceAccountRow, Problem>,
  ref: string,
) {
  const row = found.ok ? found.value : undefined;
  return {
    action,
    target: { type: "service_account", id: row?.id ?? ref },
    projectId: row?.projectId,
    serviceAccountId: row?.id,
  } as const;
}

function nameTaken(name: string): Problem {
  const detail = `Another service account of this project is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}
