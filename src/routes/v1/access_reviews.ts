import { accepts } from "hono/accepts";
import type { Deps } from "../../deps.ts";
import { listAccess, listUnowned, listUnused, type Reviewed } from "../../directory/index.ts";
import { accept, type Problem, type Result } from "../../protocol/index.ts";
import type { PageRequest } from "../../store/index.ts";
import type { RouteContext } from "../context.ts";
import { renderProblem } from "../problem.ts";
import { accessRow, reviewQuery, unownedRow, unusedQuery, unusedRow } from "./access_review_shapes.ts";
import { answerJson } from "./answers.ts";
import { csvStream } from "./csv.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { projectParams } from "./primitives.ts";
import { reviewAnswer } from "./responses.ts";

const path = "/v1/projects/{project}/access-review";
const report = {
  method: "get",
  tag: "access review",
  permission: "access-reviews:read",
  params: projectParams,
} as const;

const access = {
  ...report,
  path: `${path}/access`,
  summary: "Review who can reach what, and through which binding",
  query: reviewQuery,
  answer: reviewAnswer("A page of rows, or all of them as CSV", accessRow),
} as const;
const unused = {
  ...report,
  path: `${path}/unused`,
  summary: "Review which accounts and credentials nobody uses, the oldest first",
  query: unusedQuery,
  answer: reviewAnswer("A page of rows, or all of them as CSV", unusedRow),
} as const;
const unowned = {
  ...report,
  path: `${path}/unowned`,
  summary: "Review which service accounts have no owner, the oldest first",
  query: reviewQuery,
  answer: reviewAnswer("A page of rows, or all of them as CSV", unownedRow),
} as const;

const DAYS_DEFAULT = 90;

export function accessReviewRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, access, (c, { context, params, query }) =>
    answerReview(c, deps, query, {
      name: "access",
      columns: Object.keys(accessRow.shape),
      read: (page) => listAccess(context, params.project, page),
    }),
  );
  mount(routes, deps, unused, (c, { context, params, query }) =>
    answerReview(c, deps, query, {
      name: "unused",
      columns: Object.keys(unusedRow.shape),
      read: (page) => listUnused(context, params.project, { ...page, days: query.days ?? DAYS_DEFAULT }),
    }),
  );
  mount(routes, deps, unowned, (c, { context, params, query }) =>
    answerReview(c, deps, query, {
      name: "unowned",
      columns: Object.keys(unownedRow.shape),
      read: (page) => listUnowned(context, params.project, page),
    }),
  );
}

type Row = Readonly<Record<string, unknown>>;

/** A report as data. */
interface Report {
  readonly name: string;
  readonly columns: readonly string[];
  readonly read: (page: PageRequest) => Promise<Result<Reviewed<Row>, Problem>>;
}

type Query = Parameters<typeof pageOfQuery>[0] & { readonly format?: "json" | "csv" | undefined };

/** One page as JSON, or the whole report as CSV. */
async function answerReview(
  c: RouteContext,
  deps: Deps,
  { format, ...query }: Query,
  report: Report,
): Promise<Response> {
  c.header("Vary", "Accept");
  if (!wantsCsv(c, format)) {
    const found = await report.read(pageOfQuery(query));
    return answerJson(c, found.ok ? accept(found.value.page) : found);
  }
  const first = await report.read({ pageSize: CSV_PAGE_SIZE });
  if (!first.ok) return renderProblem(c, first.refusal);
  return c.body(csvStream(report.columns, rowsOf(c, deps, first.value, report)), 200, {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    // A project's name is letters, digits and hyphens.
    "Content-Disposition": `attachment; filename="${first.value.project}-${report.name}.csv"`,
    "Cache-Control": "no-store",
  });
}

/** Each costs a batch of some ten queries, and a Worker's invocation has a thousand. */
const CSV_PAGE_SIZE = 500;

function wantsCsv(c: RouteContext, format: Query["format"]): boolean {
  if (format !== undefined) return format === "csv";
  const [json, csv] = ["application/json", "text/csv"];
  return accepts(c, { header: "Accept", supports: [json, csv], default: json }) === csv;
}

/** All rows, page by page, each asked for anew: who may not read any more gets no further. */
async function* rowsOf(
  c: RouteContext,
  deps: Deps,
  first: Reviewed<Row>,
  { name, read }: Report,
): AsyncGenerator<readonly Row[]> {
  let { page } = first;
  try {
    while (true) {
      yield page.items;
      if (page.nextPageToken === undefined) return;
      const next = await read({ pageSize: CSV_PAGE_SIZE, pageToken: page.nextPageToken });
      if (!next.ok) throw new Error(next.refusal.code);
      page = next.value.page;
    }
  } catch (error) {
    // The answer's status is sent already: nobody but the log can tell why it breaks off.
    const cause = String(error).slice(0, 300);
    deps.log({ level: "error", event: "report_broken", report: name, requestId: c.get("requestId"), cause });
    throw error;
  }
}
