import { type AuditEvent, commitRefusal } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { type Actor, notFound, type Problem, type ProblemCode, type Result } from "../protocol/index.ts";
import { authorize, type Permission, type Resource } from "../rbac/index.ts";
import { judgePrecondition } from "./versioned.ts";

/** A resource, or that there is none, and what the actor must be permitted on it. */
export interface Access<Row> {
  readonly found: Result<Row, Problem>;
  readonly permission: Permission;
  readonly place: (row: Row) => Resource;
}

/** An attempt to write, and how the record names it. */
export interface Attempt<Row> extends Access<Row> {
  readonly event: AuditEvent;
}

/**
 * Runs a verb that writes: resource there, actor permitted, then the verb. Whatever refuses is recorded; a granted
 * write records itself, in the batch that makes it. No verb writes but through here, so none forgets to ask.
 */
export async function attempt<Row, Value>(
  context: Context,
  { event, ...access }: Attempt<Row>,
  write: (row: Row) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  const result = await permitted(context, access, write);
  if (!result.ok) {
    const { code, detail } = result.refusal;
    await commitRefusal(
      context,
      { ...recordedFor(context.actor, event, code), reason: code, detail },
      "write",
    );
  }
  return result;
}

/**
 * Whose record a refusal belongs to. What a service account may not even see is told in its own project's record, and
 * without what was found there: a stranger's record would tell of it, and ours would tell of the stranger.
 */
function recordedFor(actor: Actor, event: AuditEvent, code: ProblemCode): AuditEvent {
  if (actor.type !== "service_account" || code !== "not_found") return event;
  const { type } = event.target;
  return { ...event, target: { type }, projectId: actor.projectId, serviceAccountId: actor.id };
}

/** As `attempt`, on a row that must be at the version of `If-Match` where the caller names one. */
export async function attemptChange<Row extends { readonly id: string; readonly version: number }, Value>(
  context: Context,
  { ifMatch, ...attempted }: Attempt<Row> & { readonly ifMatch: readonly string[] | undefined },
  write: (row: Row) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  return attempt(context, attempted, async (row) => {
    const current = judgePrecondition(row, ifMatch);
    return current.ok ? write(row) : current;
  });
}

/** Runs a verb that reads: resource there, actor permitted, then the verb. */
export async function permitted<Row, Value>(
  context: Context,
  { found, permission, place }: Access<Row>,
  read: (row: Row) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  if (!found.ok) return context.actor.type === "service_account" ? hidden(found) : found;
  const allowed = authorize(context.actor, permission, place(found.value));
  return allowed.ok ? read(found.value) : allowed;
}

/** Which part of a path does not exist is for those who may see its parts. */
function hidden(found: { readonly ok: false; readonly refusal: Problem }) {
  return found.refusal.code === "not_found" ? notFound("resource") : found;
}
