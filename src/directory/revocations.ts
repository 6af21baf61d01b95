import { and, asc, eq, gt } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, Fault, notFound, type Problem, type Result } from "../protocol/index.ts";
import { type Page, type PageRequest, readBatch, schema } from "../store/index.ts";
import { attempt, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import { locateProject, locateRevocation, type ProjectRow, type RevocationRow } from "./locate.ts";
import {
  countMeant,
  type RevocationInput,
  type RevocationItem,
  readCriteria,
  revocationItem,
  revocationStatements,
} from "./revocation_row.ts";

export type { RevocationInput, RevocationItem } from "./revocation_row.ts";

const { revocation } = schema;

const within = (row: ProjectRow) => ({ projectId: row.id });
const place = (row: RevocationRow) => ({ projectId: row.projectId });

/** What a dry run would take, in the shape of what a revocation took. */
export type Outcome =
  | RevocationItem
  | (Pick<RevocationItem, "criteria" | "accessTokens" | "projectTokens"> & { dryRun: true });

/**
 * Takes back every live token of a project for which all criteria hold, in one batch, and says how many that were.
 * A dry run only says it.
 */
export async function createRevocation(
  context: Context,
  projectRef: string,
  input: RevocationInput,
): Promise<Result<Outcome, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const projectId = found.ok ? found.value.id : undefined;
  const event = { action: "revocation.create", target: { type: "revocation" }, projectId } as const;
  const access = { found, permission: "revocations:create", place: within } as const;
  return attempt<ProjectRow, Outcome>(context, { ...access, event }, async (project) => {
    const criteria = await readCriteria(context, project.id, input);
    if (!criteria.ok) return criteria;
    const scope = { projectId: project.id, criteria: criteria.value };
    if (input.dryRun === true) {
      return accept({ dryRun: true, criteria: criteria.value, ...(await countMeant(context, scope)) });
    }
    const { id, ...statements } = revocationStatements(context, scope, input.reason ?? null);
    const detail = JSON.stringify({ ...criteria.value, reason: input.reason });
    const target = { ...event.target, id };
    const committed = await commit(context, { event: { ...event, target, detail }, ...statements });
    return committed.ok ? accept(await taken(context, id)) : notFound("project");
  });
}

async function taken({ deps }: Context, id: string): Promise<RevocationItem> {
  const [rows] = await readBatch(deps.db, [deps.db.select().from(revocation).where(eq(revocation.id, id))]);
  if (rows[0] === undefined) throw new Fault("storage", "a revocation was made and is gone");
  return revocationItem(rows[0]);
}

export async function getRevocation(
  context: Context,
  projectRef: string,
  id: string,
): Promise<Result<RevocationItem, Problem>> {
  const found = await locateRevocation(context.deps, projectRef, id);
  const access = { found, permission: "revocations:read", place } as const;
  return permitted(context, access, async (row) => accept(revocationItem(row)));
}

export async function listRevocations(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<RevocationItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "revocations:read", place: within } as const;
  return permitted(context, access, (project) => {
    const query = (after: string, limit: number) =>
      context.deps.db
        .select()
        .from(revocation)
        .where(and(eq(revocation.projectId, project.id), gt(revocation.id, after)))
        .orderBy(asc(revocation.id))
        .limit(limit);
    return listPage(context, { name: "revocations", query, render: revocationItem }, request);
  });
}
