import { eq } from "drizzle-orm";
import { commit, recordedText } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { accept, Fault, notFound, type Problem, type Result } from "../protocol/index.ts";
import { type Page, type PageRequest, schema } from "../store/index.ts";
import { attempt, eventOn, permitted } from "./attempt.ts";
import { listPage } from "./list_page.ts";
import { locateProject, locateRevocation, type ProjectMemberRef } from "./locate.ts";
import { placeInProject as place, placeOfProject } from "./places.ts";
import { type RevocationInput, readCriteria } from "./revocation_input.ts";
import { type RevocationItem, revocationItem } from "./revocation_item.ts";
import { countMeant, revocationStatements } from "./revocation_row.ts";

const { revocation } = schema;

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
  const permission = "revocations:create";
  const access = { found, permission, place: placeOfProject, action: "revocation.create" } as const;
  return attempt(context, access, async (project, event): Promise<Result<Outcome, Problem>> => {
    const criteria = await readCriteria(context, project.id, input);
    if (!criteria.ok) return criteria;
    const scope = { projectId: project.id, criteria: criteria.value };
    if (input.dryRun === true) {
      return accept({ dryRun: true, criteria: criteria.value, ...(await countMeant(context, scope)) });
    }
    const reason = input.reason === undefined ? undefined : recordedText(input.reason);
    const { id, ...statements } = revocationStatements(context, scope, reason ?? null);
    const detail = JSON.stringify({ ...criteria.value, reason });
    const committed = await commit(context, { event: { ...eventOn(event, id), detail }, ...statements });
    if (!committed.ok) return notFound("project");
    const made = await locateRevocation(context.deps, { project: project.id, id });
    if (!made.ok) throw new Fault("storage", "a revocation was made and is gone");
    return accept(revocationItem(made.value));
  });
}

/** A revocation by its id. */
export async function getRevocation(
  context: Context,
  ref: ProjectMemberRef,
): Promise<Result<RevocationItem, Problem>> {
  const found = await locateRevocation(context.deps, ref);
  const access = { found, permission: "revocations:read", place } as const;
  return permitted(context, access, async (row) => accept(revocationItem(row)));
}

/** What was taken back together in a project. */
export async function listRevocations(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<RevocationItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "revocations:read", place: placeOfProject } as const;
  return permitted(context, access, ({ id }) => {
    const scope = eq(revocation.projectId, id);
    const list = { name: "revocations", table: revocation, scope, render: revocationItem };
    return listPage(context, list, request);
  });
}
