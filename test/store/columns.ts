import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { commitRefusal } from "../../src/audit/index.ts";
import { type Database, insertSelect, newId, readBatch, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import { contextOn, eventsOf, freshName, givenTrust } from "./given.ts";

const { project, federatedIdentityProvider: provider, issuedEmail } = schema;

const TEXTS: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["quotes of all kinds", `'"\`´’“ '' "" \\' \\"`],
  ["an injection", "x'); DROP TABLE project; --"],
  ["placeholders", "? ?1 :name @name $name $1 %s {0}"],
  ["LIKE's and GLOB's letters", "%_*?[a-z]^\\"],
  ["comments", "/* -- */ # //"],
  ["a number's form", "007"],
  ["an exponent", "1e400"],
  ["a keyword", "NULL"],
  ["JSON", '{"a":[1,"]}\\u0000"]}'],
  ["white space", "  \t\r\n\u00a0\u3000 "],
  ["control characters", "\u0001\u0008\u001b[31m\u007f\u0085"],
  ["four bytes", "𝄞🚀👩‍👩‍👧‍👦"],
  ["marks and directions", "e\u0301 \u202e\u2066abc\u2069 שלום \u2028\u2029\ufeff\ufffd"],
  ["what no form normalises alike", "ﬁ Å Å İ ı ß ẞ"],
  ["much", "ä'".repeat(20_000)],
];

const JSONS: readonly (readonly [string, Readonly<Record<string, unknown>> | null])[] = [
  ["null", null],
  ["nothing", {}],
  [
    "every kind of value",
    {
      text: "x",
      zero: 0,
      half: -0.5,
      big: 9007199254740991,
      yes: true,
      no: false,
      none: null,
      list: [1, []],
    },
  ],
  ["hostile members", Object.fromEntries(TEXTS.map(([name, text]) => [`${name}'"`, text]))],
  ["members that JavaScript knows", JSON.parse('{"__proto__":"x","constructor":"y","toString":null}')],
  ["an escaped NUL", { text: "a\u0000b" }],
];

const INTEGERS = [
  0,
  1,
  -1,
  2 ** 31,
  2 ** 32,
  253_402_300_799,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
];

export function columnRows(at: At): void {
  describe("a text comes back as it went in", () => {
    it.each(TEXTS)("%s", async (_name, text) => {
      const row = await storedProject(at().db, { displayName: text, labels: { [text.slice(0, 99)]: text } });
      expect(row.displayName).toBe(text);
      expect(row.labels).toEqual({ [text.slice(0, 99)]: text });
    });

    it("and is found by itself, byte for byte, and by nothing alike", async () => {
      const { db } = at();
      const name = `${freshName()}'é%`;
      await storedProject(db, { name });
      const found = async (text: string) =>
        (
          await readBatch(db, [db.select({ name: project.name }).from(project).where(eq(project.name, text))])
        )[0];
      expect(await found(name)).toEqual([{ name }]);
      for (const other of [name.toUpperCase(), name.normalize("NFD"), `${name} `, name.replace("%", "_")]) {
        expect(await found(other), other).toEqual([]);
      }
    });
  });

  describe("JSON comes back as it went in", () => {
    it.each(JSONS)("%s", async (_name, claims) => {
      const context = contextOn(at().db);
      const event = { action: "access_token.exchange", target: { type: "access_token" } } as const;
      await commitRefusal(context, { ...event, ...(claims && { exchange: { claims } }) }, "authentic");
      const [row] = await eventsOf(context);
      expect(JSON.stringify(row?.claims)).toBe(JSON.stringify(claims));
      const [raw] = await at().db.all(
        sql`SELECT typeof(claims) AS type FROM audit_event WHERE id = ${row?.id}`,
      );
      expect(raw).toEqual({ type: claims === null ? "null" : "text" });
    });

    it("a list of assertions, and a key set or none", async () => {
      const { db } = at();
      const trust = await givenTrust(contextOn(db));
      const jwks = { keys: [{ kid: "'\"🔑", kty: "EC", x: "a", list: ["b", null] }] };
      for (const uploaded of [jwks, null, { keys: [] }]) {
        await db.batch([
          db.update(provider).set({ jwks: uploaded }).where(eq(provider.id, trust.provider.id)),
        ]);
        const [rows] = await readBatch(db, [
          db.select().from(provider).where(eq(provider.id, trust.provider.id)),
        ]);
        expect(rows).toEqual([{ ...trust.provider, jwks: uploaded }]);
      }
    });
  });

  it.each([true, false])(
    "a flag that is %s is one, by INSERT, INSERT ... SELECT and UPDATE",
    async (disabled) => {
      const { db } = at();
      const inserted = await storedProject(db, { disabled });
      expect(inserted.disabled).toBe(disabled);
      const copy = { ...inserted, id: newId(0), name: freshName() };
      await db.batch([insertSelect(db, project, copy, sql`WHERE 1`)]);
      await db.batch([db.update(project).set({ disabled: !disabled }).where(eq(project.id, inserted.id))]);
      const where = sql`${project.id} IN (${copy.id}, ${inserted.id})`;
      const rows = await db.select({ id: project.id, disabled: project.disabled }).from(project).where(where);
      expect(rows).toContainEqual({ id: copy.id, disabled });
      expect(rows).toContainEqual({ id: inserted.id, disabled: !disabled });
    },
  );

  it.each(INTEGERS)("the integer %d comes back as it went in, and is one in SQL", async (createdAt) => {
    const { db } = at();
    const email = freshName();
    const read = db.select().from(issuedEmail).where(eq(issuedEmail.email, email));
    const [, rows] = await db.batch([db.insert(issuedEmail).values({ email, createdAt }), read]);
    expect(rows).toEqual([{ email, createdAt }]);
    const [raw] = await db.all(
      sql`SELECT typeof(created_at) AS type, CAST(created_at AS TEXT) AS text FROM issued_email WHERE email = ${email}`,
    );
    expect(raw).toEqual({ type: "integer", text: String(createdAt) });
  });

  it("insertSelect writes the row that was given, with SQL where SQL was given", async () => {
    const { db } = at();
    const row = {
      ...projectRow(),
      displayName: "é'",
      labels: { "k'": "v" },
      disabled: true,
      updatedAt: sql`40 + 2`,
    };
    await db.batch([insertSelect(db, project, row, sql`WHERE 1 = 1`)]);
    const rows = await db.select().from(project).where(eq(project.id, row.id));
    expect(rows).toEqual([{ ...row, updatedAt: 42 }]);
  });

  it("insertSelect writes nothing where its source yields nothing", async () => {
    const { db } = at();
    const row = projectRow();
    await db.batch([insertSelect(db, project, row, sql`FROM project p WHERE p.id = ${newId(0)}`)]);
    expect(await db.select().from(project).where(eq(project.id, row.id))).toEqual([]);
  });
}

function projectRow() {
  const nothing = { displayName: null, labels: {}, disabled: false };
  return {
    id: newId(0),
    name: freshName(),
    ...nothing,
    version: 1,
    createdAt: 1,
    updatedAt: 1,
    grantsVersion: 1,
  };
}

async function storedProject(db: Database, changes: Partial<typeof project.$inferInsert>) {
  const row = { ...projectRow(), ...changes };
  const read = db.select().from(project).where(eq(project.id, row.id));
  const [, rows] = await db.batch([db.insert(project).values(row), read]);
  return rows[0] as NonNullable<(typeof rows)[0]>;
}
