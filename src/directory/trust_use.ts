import { inArray } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { readBatch, schema } from "../store/index.ts";
import { type TrustUse, UNUSED } from "./provider_item.ts";

const { trustUse } = schema;

/** How often each of these trusts was used. */
export async function usesOf({ deps }: Context, ids: readonly string[]): Promise<(id: string) => TrustUse> {
  if (ids.length === 0) return () => UNUSED;
  const isOne = inArray(trustUse.federatedIdentityProviderId, ids);
  const [rows] = await readBatch(deps.db, [deps.db.select().from(trustUse).where(isOne)]);
  const uses = new Map(rows.map((row) => [row.federatedIdentityProviderId, row]));
  return (id) => uses.get(id) ?? UNUSED;
}
