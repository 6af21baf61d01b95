import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { type AuditEvent, commitRefusal } from "../../src/audit/index.ts";
import type { Context } from "../../src/deps.ts";
import { newId, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, freshMinuteMs } from "./given.ts";

const KEPT = 60;
const { auditEvent } = schema;

export function floodRows(at: At): void {
  describe("refusals of one account in one minute", () => {
    it("are events of their own up to the 60th, and counted in one more from the 61st to the 200th", async () => {
      const account = newId(0);
      const startMs = freshMinuteMs();
      let call = 0;
      const context = contextOn(at().db, { nowMs: () => startMs + call * 200 });
      for (; call < KEPT; call++) await refuseOnce(context, account);
      expect(await sizesOf(context, account)).toEqual({ own: KEPT, flood: [] });
      for (; call < KEPT + 1; call++) await refuseOnce(context, account);
      expect(await sizesOf(context, account)).toEqual({ own: KEPT, flood: [1] });
      for (; call < 200; call++) await refuseOnce(context, account);
      expect(await sizesOf(context, account)).toEqual({ own: KEPT, flood: [140] });
    });

    it("are all counted when 200 come at once", async () => {
      const account = newId(0);
      const context = contextOn(at().db);
      await Promise.all(Array.from({ length: 200 }, () => refuseOnce(context, account)));
      expect(await sizesOf(context, account)).toEqual({ own: KEPT, flood: [140] });
    });

    it("leave another account, and the next minute, their own 60", async () => {
      const [loud, quiet] = [newId(0), newId(0)];
      const startMs = freshMinuteMs();
      let nowMs = startMs + 59_999;
      const context = contextOn(at().db, { nowMs: () => nowMs });
      await refuseOften(context, loud, KEPT + 2);
      await refuseOnce(context, quiet);
      expect(await sizesOf(context, quiet)).toEqual({ own: 1, flood: [] });
      nowMs = startMs + 60_000;
      await refuseOnce(context, loud);
      expect(await sizesOf(context, loud)).toEqual({ own: KEPT + 1, flood: [2] });
      await refuseOften(context, loud, KEPT);
      expect(await sizesOf(context, loud)).toEqual({ own: 2 * KEPT, flood: [2, 1] });
    });

    it("share one bound per project where there is no account, and one for nobody where there is neither", async () => {
      const startMs = freshMinuteMs();
      const context = contextOn(at().db, { nowMs: () => startMs });
      const projectId = newId(0);
      await refuseOften(context, undefined, KEPT + 3, projectId);
      await refuseOften(context, undefined, KEPT + 4);
      const rows = await context.deps.db
        .select()
        .from(auditEvent)
        .where(eq(auditEvent.requestId, context.request.id));
      const floods = rows.filter(({ reason }) => reason === "flood");
      expect(floods.map((row) => [row.projectId, row.occurrences])).toEqual(
        expect.arrayContaining([
          [projectId, 3],
          [null, 4],
        ]),
      );
      expect(rows.length).toBe(2 * (KEPT + 1));
    });

    it("are counted in an event that says whose, when and what, and nothing foreign", async () => {
      const account = newId(0);
      const context = contextOn(at().db);
      await refuseOften(context, account, KEPT + 1);
      const where = eq(auditEvent.serviceAccountId, account);
      const rows = await context.deps.db.select().from(auditEvent).where(where);
      const [flood] = rows.filter(({ reason }) => reason === "flood");
      const foreign = { claims: null, issuer: null, subject: null, kid: null, jti: null, tokenSha256: null };
      expect(flood).toMatchObject({ ...foreign, action: "access_token.exchange", outcome: "refused" });
      expect(flood?.createdAt).toBe(Math.floor(context.deps.nowMs() / 1000));
      expect(rows.filter(({ subject }) => subject === "repo:x").length).toBe(KEPT);
    });
  });
}

async function refuseOnce(context: Context, account: string | undefined, projectId?: string): Promise<void> {
  const event: AuditEvent = {
    action: "access_token.exchange",
    target: { type: "access_token" },
    projectId,
    serviceAccountId: account,
    reason: "assertion_failed",
    exchange: { issuer: "https://x.io", subject: "repo:x", kid: "k", claims: { sub: "repo:x" } },
  };
  await commitRefusal(context, event, "authentic");
}

async function refuseOften(context: Context, account: string | undefined, times: number, projectId?: string) {
  for (let time = 0; time < times; time++) await refuseOnce(context, account, projectId);
}

/** Events of their own, and what each counting event stands for, oldest first. */
async function sizesOf({ deps }: Context, account: string) {
  const where = eq(auditEvent.serviceAccountId, account);
  const rows = await deps.db.select().from(auditEvent).where(where).orderBy(auditEvent.createdAt);
  const flood = rows.filter(({ reason }) => reason === "flood").map(({ occurrences }) => occurrences);
  const own = rows.filter(({ reason, occurrences }) => reason !== "flood" && occurrences === 1).length;
  return { own, flood };
}
