import { eq, sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";
import { grantsOf, heldBindingsOf, heldColumn, notHeldOutright, type Place } from "../rbac/index.ts";
import { readBatch, schema } from "../store/index.ts";

const { serviceAccount } = schema;

/**
 * Whether the actor may give an account another credential: whoever can use that is the account, so he must hold all
 * that it holds. Else the way to more than one's own rights would lead over a second account.
 */
export async function mayEquip(context: Context, place: Place): Promise<Result<true, Problem>> {
  const { actor, deps } = context;
  const { serviceAccountId } = place;
  if (actor.type === "bootstrap" || serviceAccountId === undefined) return accept(true);
  const held = heldColumn(sql`b.principal_type = 'service_account' AND b.principal_id = ${serviceAccountId}`);
  const query = deps.db
    .select({ held: held.as("held") })
    .from(serviceAccount)
    .where(eq(serviceAccount.id, serviceAccountId));
  const [[row]] = await readBatch(deps.db, [query]);
  const missing = notHeldOutright(context, grantsOf(heldBindingsOf(row?.held ?? "[]")));
  if (missing.length === 0) return accept(true);
  const named = missing.slice(0, 10).join(", ");
  const detail = `Nobody makes a credential for more than he holds: this account holds ${named}, which would have to be yours there too, without a condition.`;
  return refuse({ code: "permission_denied", detail });
}
