import { and, desc, eq, gte, isNotNull, lt, type SQL } from "drizzle-orm";
import type { NearestMiss } from "../../advice/index.ts";
import type { Context, Deps } from "../../deps.ts";
import { accept, notFound, type Problem, type Result } from "../../protocol/index.ts";
import { authorize } from "../../rbac/index.ts";
import { decodeCursor, type Page, type PageRequest, pageOf, readBatch, schema } from "../../store/index.ts";
import { permitted } from "../attempt.ts";
import { locateProject, locateServiceAccount } from "../locate.ts";
import { placeOfProject } from "../places.ts";
import { missOf } from "./miss.ts";
import { type ReceiptItem, type ReceiptRow, receiptItem } from "./receipt_item.ts";

const { auditEvent } = schema;
const LIST = "receipts";

/** All of them must hold. Instants are integer seconds: `from` is inside, `until` is not. */
export interface ReceiptFilter {
  /** Id, e-mail or name. */
  readonly serviceAccount?: string | undefined;
  readonly federatedIdentityProvider?: string | undefined;
  readonly outcome?: "granted" | "refused" | undefined;
  readonly reason?: string | undefined;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** A project's receipts, youngest first: who may read its accounts may read why they got tokens, or none. */
export async function listReceipts(
  context: Context,
  projectRef: string,
  { filter, page }: { readonly filter: ReceiptFilter; readonly page: PageRequest },
): Promise<Result<Page<ReceiptItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "service-accounts:read", place: placeOfProject } as const;
  return permitted(context, access, async ({ id }) => {
    const after = decodeCursor(LIST, page);
    if (!after.ok) return after;
    const conditions = await conditionsOf(context.deps, id, filter);
    const isNext = after.value === undefined ? undefined : lt(auditEvent.id, after.value);
    const query = context.deps.db
      .select()
      .from(auditEvent)
      .where(and(...conditions, isNext))
      .orderBy(desc(auditEvent.id))
      .limit(page.pageSize + 1);
    const [rows] = await readBatch(context.deps.db, [query]);
    const found = pageOf(LIST, rows, page.pageSize, (row) => row);
    // An account may be denied to whoever may read the project's others: a page may be short then.
    const shown = found.items.filter((row) => authorize(context, "service-accounts:read", placeOf(row)).ok);
    return accept({ ...found, items: shown.map((row) => receiptFor(context, row)) });
  });
}

async function conditionsOf(
  deps: Deps,
  projectId: string,
  { serviceAccount, federatedIdentityProvider, outcome, reason, from, until }: ReceiptFilter,
): Promise<readonly (SQL | undefined)[]> {
  const accountId = serviceAccount === undefined ? undefined : await idOf(deps, projectId, serviceAccount);
  return [
    eq(auditEvent.projectId, projectId),
    isNotNull(auditEvent.receipt),
    accountId === undefined ? undefined : eq(auditEvent.serviceAccountId, accountId),
    federatedIdentityProvider === undefined
      ? undefined
      : eq(auditEvent.federatedIdentityProviderId, federatedIdentityProvider),
    outcome === undefined ? undefined : eq(auditEvent.outcome, outcome),
    reason === undefined ? undefined : eq(auditEvent.reason, reason),
    from === undefined ? undefined : gte(auditEvent.createdAt, from),
    until === undefined ? undefined : lt(auditEvent.createdAt, until),
  ];
}

async function idOf(deps: Deps, project: string, serviceAccount: string): Promise<string> {
  const found = await locateServiceAccount(deps, { project, serviceAccount });
  return found.ok ? found.value.id : serviceAccount;
}

/**
 * One receipt, by the id that a refused caller was told. It opens for those who may read the account; of an attempt that
 * named no account, for the operator. @param projectRef where the path names one; the receipt has to be of it then
 */
export async function getReceipt(
  context: Context,
  id: string,
  projectRef?: string,
): Promise<Result<ReceiptItem, Problem>> {
  const found = await locateReceipt(context.deps, id, projectRef);
  const isNobodys = found.ok && found.value.projectId === null;
  const permission = isNobodys ? "audit-events:list" : "service-accounts:read";
  const opened = await permitted(context, { found, permission, place: placeOf }, async (row) =>
    accept(receiptFor(context, row, await missOf(context, row))),
  );
  // Whether there is a receipt of somebody else's is nobody's to learn.
  return opened.ok || opened.refusal.code !== "permission_denied" || !isNobodys
    ? opened
    : notFound("resource");
}

function placeOf({ projectId, serviceAccountId }: ReceiptRow) {
  if (projectId === null) return {};
  return serviceAccountId === null ? { projectId } : { projectId, serviceAccountId };
}

/** What trusts ask, and what tokens say, is told to who may read whom the account trusts. */
function receiptFor(context: Context, row: ReceiptRow, nearestMiss?: NearestMiss | null): ReceiptItem {
  const item = receiptItem(row, nearestMiss);
  if (authorize(context, "federated-identity-providers:read", placeOf(row)).ok) return item;
  const miss = nearestMiss === undefined ? {} : { nearestMiss: null };
  return { ...item, detail: null, trusts: [], claims: null, ...miss };
}

async function locateReceipt(
  deps: Deps,
  id: string,
  projectRef: string | undefined,
): Promise<Result<ReceiptRow, Problem>> {
  const query = deps.db
    .select()
    .from(auditEvent)
    .where(and(eq(auditEvent.id, id), isNotNull(auditEvent.receipt)));
  const [[row]] = await readBatch(deps.db, [query]);
  if (row === undefined) return notFound("receipt");
  if (projectRef === undefined) return accept(row);
  const project = await locateProject(deps, projectRef);
  return project.ok && project.value.id === row.projectId ? accept(row) : notFound("receipt");
}

/** The receipt of an event that was just written. @param providerId the one trust that was asked, where it was one */
export async function receiptOfRow(
  context: Context,
  row: ReceiptRow,
  providerId?: string,
): Promise<ReceiptItem> {
  return receiptItem(row, await missOf(context, row, providerId));
}
