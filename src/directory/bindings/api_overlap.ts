import { eq } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { accept, type Problem, type Result, refuse } from "../../protocol/index.ts";
import { audiencesOf, type Handout, notHeldOutright } from "../../rbac/index.ts";
import { readBatch, schema } from "../../store/index.ts";
import type { ResourceServerRow } from "../locate.ts";
import { notHeld } from "../problems.ts";

const { resourceServer } = schema;

/**
 * Whether an API may come to mean what another one means: an audience at or below another's takes over what is granted,
 * and denied, there. So whoever registers or moves one must hold all of that himself, as of the one that he changes.
 * @param before the row as it is, where there is one
 */
export async function mayReshape(
  context: Context,
  next: ResourceServerRow,
  before?: ResourceServerRow,
): Promise<Result<true, Problem>> {
  if (context.actor.type === "bootstrap" || isSameShape(next, before)) return accept(true);
  const query = context.deps.db
    .select()
    .from(resourceServer)
    .where(eq(resourceServer.projectId, next.projectId));
  const [rows] = await readBatch(context.deps.db, [query]);
  const others = rows.filter(({ id }) => id !== next.id);
  const own = before === undefined ? [] : [handoutOn(before, ""), handoutOn(next, "")];
  const link = isLinkMoved(next, before)
    ? [{ ...handoutOn(next, ""), permissions: ["access-evaluations:create"] }]
    : [];
  const missing = notHeldOutright(context, [
    ...own,
    ...link,
    ...others.flatMap((other) => takenOver(next, other)),
  ]);
  return missing.length === 0 ? accept(true) : refuse(notHeld(missing));
}

function isSameShape(next: ResourceServerRow, before: ResourceServerRow | undefined): boolean {
  const names = (row: ResourceServerRow) => row.permissions.map(({ name }) => name).join(" ");
  if (before === undefined || isLinkMoved(next, before)) return false;
  return before.audience === next.audience && names(before) === names(next);
}

/** Whoever an API asks as may know every token for it, and ask what anybody may do on it. */
function isLinkMoved(next: ResourceServerRow, before: ResourceServerRow | undefined): boolean {
  return next.serviceAccountId !== null && next.serviceAccountId !== (before?.serviceAccountId ?? null);
}

/** What of another API lies at or below this one's audience. */
function takenOver(
  { audience, permissions }: ResourceServerRow,
  other: ResourceServerRow,
): readonly Handout[] {
  const taken = plain(other.audience);
  const cut = audiencesOf(plain(audience)).find((one) => one.audience === taken);
  if (cut === undefined) return [];
  // What the other one does not know yet may be denied on it all the same.
  return [handoutOn(other, cut.path), handoutOn({ ...other, permissions }, cut.path)];
}

/** With a query, with its last slash or without, an audience reads alike. */
function plain(audience: string): string {
  return audience.replace(/\?.*$/, "").replace(/\/$/, "");
}

function handoutOn({ id, projectId, permissions }: ResourceServerRow, path: string): Handout {
  return {
    place: { projectId, resourceServerId: id, path },
    permissions: permissions.map(({ name }) => name),
  };
}
