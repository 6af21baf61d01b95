import { type AuditEventFilter, type AuditEventItem, listAuditEvents } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import type { Page, PageRequest } from "../store/index.ts";
import { locateProject, locateServiceAccount } from "./locate.ts";

/** What a caller may filter by; `serviceAccount` is an id, an e-mail or a name. */
export type ProjectAuditFilter = Omit<AuditEventFilter, "serviceAccountId"> & {
  readonly serviceAccount?: string | undefined;
};

/** A project's record, youngest first. An account that is deleted is found by its id. */
export async function listProjectAuditEvents(
  context: Context,
  projectRef: string,
  filter: ProjectAuditFilter,
  request: PageRequest,
): Promise<Result<Page<AuditEventItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  if (!found.ok) return found;
  const allowed = authorize(context.actor, "audit-events:read", { projectId: found.value.id });
  if (!allowed.ok) return allowed;
  const { serviceAccount, ...rest } = filter;
  const account = await idOf(context, found.value.id, serviceAccount);
  if (!account.ok) return account;
  return listAuditEvents(context.deps, found.value.id, { ...rest, serviceAccountId: account.value }, request);
}

async function idOf(
  context: Context,
  projectId: string,
  ref: string | undefined,
): Promise<Result<string | undefined, Problem>> {
  if (ref === undefined) return accept(undefined);
  const found = await locateServiceAccount(context.deps, projectId, ref);
  return accept(found.ok ? found.value.account.id : ref);
}
