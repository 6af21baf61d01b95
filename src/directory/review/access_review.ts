import { and, eq, isNull } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { accept, instantOf, type Problem, type Result, secondsOf } from "../../protocol/index.ts";
import { circumstancesOf } from "../../rbac/index.ts";
import { decodeCursor, type Page, type PageRequest, pageOf, readBatch, schema } from "../../store/index.ts";
import { permitted } from "../attempt.ts";
import { listPage } from "../list_page.ts";
import { locateProject, type ProjectRow, type ServiceAccountRow } from "../locate.ts";
import { placeOfProject as place } from "../places.ts";
import { readAccess } from "./access_ground.ts";
import { type AccessRow, accessRows } from "./access_rows.ts";
import { type UnusedRow, unusedItem, unusedQuery } from "./unused.ts";

const { serviceAccount } = schema;

/** A page of a review. */
export type ReviewPage<Row> = Page<Row> & {
  /** Where rows of it were left out; each row says whether they are its own. */
  readonly truncated?: true;
};

/** A page, and the name of the project that it is of. */
export interface Reviewed<Row> {
  readonly project: string;
  readonly page: ReviewPage<Row>;
}

type Review<Row> = Promise<Result<Reviewed<Row>, Problem>>;

/**
 * Who can reach what, and through which binding: page by page of the bindings, each followed by whoever reaches the same
 * by impersonating its holder.
 */
export async function listAccess(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Review<AccessRow> {
  return review(context, projectRef, async (project) => {
    const list = "access-review";
    const after = decodeCursor(list, request);
    if (!after.ok) return after;
    const { bindings, ...ground } = await readAccess(context, project, {
      after: after.value ?? "",
      limit: request.pageSize + 1,
    });
    const page = pageOf(list, bindings, request.pageSize, (row) => row);
    // From where the reviewer calls says nothing of from where the others do.
    const circumstances = { ...circumstancesOf(context), ip: null };
    const items = accessRows({ ...ground, bindings: page.items }, circumstances);
    const truncated = items.some((row) => row.truncated) ? ({ truncated: true } as const) : {};
    return accept({ ...page, items, ...truncated });
  });
}

const DAY_SECONDS = 24 * 3600;

/** Which accounts and credentials that are good now nobody has used for so many days, the oldest first. */
export async function listUnused(
  context: Context,
  projectRef: string,
  { days, ...request }: PageRequest & { readonly days: number },
): Review<UnusedRow> {
  return review(context, projectRef, async ({ id }) => {
    const list = "unused";
    const after = decodeCursor(list, request);
    if (!after.ok) return after;
    const now = secondsOf(context.deps.nowMs());
    const limit = request.pageSize + 1;
    const sought = { projectId: id, now, before: now - days * DAY_SECONDS, after: after.value ?? "", limit };
    const [rows] = await readBatch(context.deps.db, [unusedQuery(context.deps, sought)]);
    return accept(pageOf(list, rows, request.pageSize, (row) => unusedItem(row, now)));
  });
}

/** Which accounts nobody is named to answer for, the oldest first. */
export async function listUnowned(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Review<UnownedRow> {
  return review(context, projectRef, ({ id }) => {
    const scope = and(eq(serviceAccount.projectId, id), isNull(serviceAccount.owner));
    return listPage(context, { name: "unowned", table: serviceAccount, scope, render: unownedItem }, request);
  });
}

export type UnownedRow = ReturnType<typeof unownedItem>;

function unownedItem(row: ServiceAccountRow) {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    createdAt: instantOf(row.createdAt),
    lastUsedAt: row.lastUsedAt === null ? null : instantOf(row.lastUsedAt),
    disabled: row.disabled,
  };
}

async function review<Row>(
  context: Context,
  projectRef: string,
  read: (project: ProjectRow) => Promise<Result<ReviewPage<Row>, Problem>>,
): Review<Row> {
  const found = await locateProject(context.deps, projectRef);
  return permitted(context, { found, permission: "access-reviews:read", place }, async (project) => {
    const page = await read(project);
    return page.ok ? accept({ project: project.name, page: page.value }) : page;
  });
}
