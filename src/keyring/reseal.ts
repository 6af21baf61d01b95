import { and, eq, isNotNull } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import { readBatch, schema } from "../store/index.ts";
import { seal, sealingKeyId, unseal } from "./seal.ts";

const key = schema.signingKey;

/** After SEALING_KEY was changed: what the previous one sealed is sealed under the current one. */
export async function resealUnderCurrentKey(context: Context): Promise<void> {
  const { config, db } = context.deps;
  const currentId = await sealingKeyId(config.sealingKeys[0]);
  const [rows] = await readBatch(db, [db.select().from(key).where(isNotNull(key.sealedPrivateKey))]);
  for (const { kid, sealedPrivateKey: sealed, sealingKeyId: oldId } of rows) {
    if (sealed === null || oldId === null || oldId === currentId) continue;
    const opened = await unseal(config, { sealed, sealingKeyId: oldId }, kid);
    const resealed = await seal(config, opened, kid);
    await commit(context, {
      event: { action: "signing_key.reseal", target: { type: "signing_key", id: kid } },
      guarded: db
        .update(key)
        .set({ sealedPrivateKey: resealed.sealed, sealingKeyId: resealed.sealingKeyId })
        .where(and(eq(key.kid, kid), eq(key.sealingKeyId, oldId))),
    });
  }
}
