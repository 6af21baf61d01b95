import { eq, sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { accept, type Problem, type Result, refuse } from "../../protocol/index.ts";
import { handoutsOf, heldBindingsOf, heldColumn, notHeldOutright, type Place } from "../../rbac/index.ts";
import { readBatch, schema } from "../../store/index.ts";
import { firstOf } from "../problems.ts";

const { resourceServer, serviceAccount } = schema;

/**
 * Whether the actor may give an account another credential, or let those that it has be good again or for longer:
 * whoever can use one is the account, so he must hold all that it holds. Else the way to more than one's own rights would
 * lead over a second account. @throws Fault `storage`
 */
export async function mayEquip(context: Context, place: Place): Promise<Result<true, Problem>> {
  const { actor, deps } = context;
  const { serviceAccountId } = place;
  if (actor.type === "bootstrap" || serviceAccountId === undefined) return accept(true);
  const column = heldColumn(
    sql`b.principal_type = 'service_account' AND b.principal_id = ${serviceAccountId}`,
  );
  const query = deps.db
    .select({ held: column.as("held") })
    .from(serviceAccount)
    .where(eq(serviceAccount.id, serviceAccountId));
  const apis = deps.db
    .select({ id: resourceServer.id, projectId: resourceServer.projectId })
    .from(resourceServer)
    .where(eq(resourceServer.serviceAccountId, serviceAccountId));
  const [[row], linked] = await readBatch(deps.db, [query, apis]);
  // An API's account may ask what anybody may do there, without a binding.
  const links = linked.map(({ id, projectId }) => ({
    place: { projectId, resourceServerId: id },
    permissions: ["access-evaluations:create"],
  }));
  const held = handoutsOf(heldBindingsOf(row?.held ?? "[]"));
  const missing = notHeldOutright(context, [...held, ...links]);
  if (missing.length === 0) return accept(true);
  const detail = `Nobody makes a credential for more than he holds: this account holds ${firstOf(missing)}, which would have to be yours there too, without a condition.`;
  return refuse({ code: "permission_denied", detail });
}
