import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { commitRefusal } from "../../src/audit/index.ts";
import type { Context } from "../../src/deps.ts";
import { updateProject } from "../../src/directory/index.ts";
import { schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, eventsOf, outcomeOf } from "./given.ts";

const { auditEvent } = schema;
const COLUMNS = ["actorId", "detail", "issuer", "subject", "kid"] as const;

/** A token may say all of this of itself, and its refusal has to be recorded. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["a NUL that hides what follows", "repo:acme/shop\u0000:evil"],
  ["nothing but a NUL", "\u0000"],
  ["half a surrogate pair", "repo:\ud83d:evil"],
  ["the other half", "\udc00evil"],
  ["a pair where the actor's name is cut", "🚀".repeat(300)],
  ["a pair just before the actor's name is cut", `x${"🚀".repeat(300)}`],
  ["a pair where the column is cut", "🚀".repeat(700)],
  ["a pair just before the column is cut", `x${"🚀".repeat(700)}`],
];

export function foreignTextRows(at: At): void {
  describe("an event of a token is stored, and read as it is stored, when the token's names hold", () => {
    it.each(TEXTS)("%s", async (_name, text) => {
      const context: Context = {
        ...contextOn(at().db),
        actor: { type: "workload", issuer: text, subject: text },
      };
      await commitRefusal(
        context,
        {
          action: "access_token.exchange",
          target: { type: "access_token" },
          reason: "issuer_not_trusted",
          detail: text,
          exchange: { issuer: text, subject: text, kid: text, claims: { sub: text } },
        },
        "authentic",
      );
      const [row] = await eventsOf(context);
      for (const column of COLUMNS) {
        const query = sql`SELECT hex(${auditEvent[column]}) AS hex FROM ${auditEvent} WHERE id = ${row?.id}`;
        const [stored] = await at().db.all<{ hex: string }>(query);
        expect(stored?.hex, `${column}: what is read is what is stored`).toBe(hexOf(row?.[column] ?? ""));
        if (text.endsWith("evil")) expect(row?.[column], column).toContain("evil");
      }
      expect(row?.claims, "JSON keeps what the columns cannot").toEqual({ sub: text });
    });
  });

  it("a reference that names no row is bounded in the event as other text is", async () => {
    const context = contextOn(at().db);
    const part = "eyJhbGciOiJFUzI1NiJ9";
    const ref = `${part}.${part}.${part}${"x".repeat(5000)}`;
    expect(outcomeOf(await updateProject(context, ref, { change: {} }))).toBe("not_found");
    const [row] = await eventsOf(context);
    expect(row?.targetId).not.toContain(part);
    expect(row?.targetId?.length).toBeLessThanOrEqual(1024);
  });
}

function hexOf(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text));
  return bytes.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("");
}
