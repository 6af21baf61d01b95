import { type AuditAction, type AuditEvent, commitRefusal, type TargetType } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  type Actor,
  accept,
  notFound,
  type Problem,
  type ProblemCode,
  type Result,
} from "../protocol/index.ts";
import { authorize, type Permission, type Place } from "../rbac/index.ts";
import { mayEquip } from "./bindings/equip.ts";
import { judgePrecondition } from "./etag.ts";

/** A resource, or that there is none, and what the actor must be permitted on it. */
export interface Access<Row> {
  readonly found: Result<Row, Problem>;
  readonly permission: Permission;
  readonly place: (row: Row) => Place;
}

/** What the record calls a write: the type of its target, and what is done to it. */
type TargetAction = Extract<AuditAction, `${TargetType}.${string}`>;

/** An attempt to write, and how the record names it. */
export interface Attempt<Row> extends Access<Row> {
  readonly action: TargetAction;
  /** Of the target, as the caller names it; without it for what is still to be created. */
  readonly id?: string | undefined;
  /** Whether it gives the account at the place another credential, or lets one last longer. */
  readonly equips?: boolean;
}

/** What writes, and records itself: the event has its place already. */
type Write<Row, Value> = (row: Row, event: AuditEvent) => Promise<Result<Value, Problem>>;

/**
 * Runs a verb that writes: resource there, actor permitted, then the verb. Whatever refuses is recorded; a granted
 * write records itself, in the batch that makes it. No verb writes but through here, so none forgets to ask.
 */
export async function attempt<Row, Value>(
  context: Context,
  attempted: Attempt<Row>,
  write: Write<Row, Value>,
): Promise<Result<Value, Problem>> {
  const event = eventOf(attempted);
  const result = await permitted(context, attempted, async (row) => {
    const allowed = attempted.equips ? await mayEquip(context, attempted.place(row)) : accept(true);
    return allowed.ok ? write(row, event) : allowed;
  });
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

function eventOf<Row>({ found, place, action, id }: Attempt<Row>): AuditEvent {
  return { action, target: { type: targetTypeOf(action), id }, ...(found.ok ? place(found.value) : {}) };
}

/** The cast is safe: a TargetAction begins with its target's type. */
function targetTypeOf(action: TargetAction): TargetType {
  return action.slice(0, action.indexOf(".")) as TargetType;
}

/** The event of a creation, once what it makes has an id. */
export function eventOn(event: AuditEvent, id: string): AuditEvent {
  return { ...event, target: { ...event.target, id } };
}

/**
 * Whose record a refusal belongs to. What a service account may not even see is told in its own project's record, and
 * without what was found there: a stranger's record would tell of it, and ours would tell of the stranger.
 */
function recordedFor(actor: Actor, event: AuditEvent, code: ProblemCode): AuditEvent {
  // A person is in no project: only the operator's record holds what is not his to see.
  if (actor.type === "person" && code === "not_found")
    return { action: event.action, target: { type: event.target.type } };
  if (actor.type !== "service_account") return event;
  const own = { projectId: actor.projectId, serviceAccountId: actor.id };
  // What belongs to no project would else be in nobody's record but the operator's.
  if (code !== "not_found") return event.projectId === undefined ? { ...event, ...own } : event;
  return { ...event, target: { type: event.target.type }, ...own };
}

/**
 * As `attempt`, on a row that must be at the version of `If-Match` where the caller names one. The record names by its
 * id what the path may have called otherwise.
 */
export async function attemptChange<Row extends { readonly id: string; readonly version: number }, Value>(
  context: Context,
  { ifMatch, ...attempted }: Attempt<Row> & { readonly ifMatch: readonly string[] | undefined },
  write: Write<Row, Value>,
): Promise<Result<Value, Problem>> {
  const { found } = attempted;
  const id = found.ok ? found.value.id : attempted.id;
  return attempt(context, { ...attempted, id }, async (row, event) => {
    const current = judgePrecondition(row, ifMatch);
    return current.ok ? write(row, event) : current;
  });
}

/** Runs a verb that reads: resource there, actor permitted, then the verb. */
export async function permitted<Row, Value>(
  context: Context,
  { found, permission, place }: Access<Row>,
  read: (row: Row) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  if (!found.ok) return context.actor.type === "bootstrap" ? found : hidden(found);
  const allowed = authorize(context, permission, place(found.value));
  return allowed.ok ? read(found.value) : allowed;
}

/** Which part of a path does not exist is for those who may see its parts. */
function hidden(found: { readonly ok: false; readonly refusal: Problem }) {
  return found.refusal.code === "not_found" ? notFound("resource") : found;
}
