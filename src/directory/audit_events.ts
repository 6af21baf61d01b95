import { type AuditEventFilter, type AuditEventItem, listAuditEvents } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import type { Page, PageRequest } from "../store/index.ts";
import { permitted } from "./attempt.ts";
import { locateProject, locateServiceAccount } from "./locate.ts";
import { placeOfProject as place, placeOfService } from "./places.ts";

/** What a caller may filter by; `serviceAccount` is an id, an e-mail or a name. */
export type ProjectAuditFilter = Omit<AuditEventFilter, "serviceAccountId"> & {
  readonly serviceAccount?: string | undefined;
};

/** A project's record, youngest first. An account that is deleted is found by its id. */
export async function listProjectAuditEvents(
  context: Context,
  projectRef: string,
  { filter, page }: { readonly filter: ProjectAuditFilter; readonly page: PageRequest },
): Promise<Result<Page<AuditEventItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  return permitted(context, { found, permission: "audit-events:read", place }, async ({ id }) => {
    const { serviceAccount, ...rest } = filter;
    const serviceAccountId = await idOf(context, id, serviceAccount);
    return listAuditEvents(context.deps, { projectId: id }, { ...rest, serviceAccountId }, page);
  });
}

async function idOf(
  context: Context,
  projectId: string,
  ref: string | undefined,
): Promise<string | undefined> {
  if (ref === undefined) return undefined;
  const found = await locateServiceAccount(context.deps, { project: projectId, serviceAccount: ref });
  return found.ok ? found.value.id : ref;
}

/** The whole record, for the operator: also what belongs to no project, or to one that is deleted. */
export async function listServiceAuditEvents(
  context: Context,
  filter: AuditEventFilter,
  request: PageRequest,
): Promise<Result<Page<AuditEventItem>, Problem>> {
  const access = { found: accept(true), permission: "audit-events:list", place: placeOfService } as const;
  return permitted(context, access, () => listAuditEvents(context.deps, "whole service", filter, request));
}
