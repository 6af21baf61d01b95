import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { Context } from "../../src/deps.ts";
import {
  createIdentityProvider,
  createRoleBinding,
  deleteIdentityProvider,
  deleteRoleBinding,
  updateIdentityProvider,
} from "../../src/directory/index.ts";
import { type Database, newId, schema } from "../../src/store/index.ts";
import type { At } from "./driver.ts";
import {
  accepted,
  contextOn,
  count,
  eventsOf,
  freshName,
  givenAccount,
  givenProject,
  onBatch,
  outcomeOf,
} from "./given.ts";

const { identityProvider, roleBinding, project, accessToken, revokedToken } = schema;

const newIssuer = () => `https://${freshName()}.example.com`;

/** A provider, and a project whose only owner it vouches for, unless there is another one. */
async function givenProvider(db: Database, bindings: readonly ("his" | "another's")[]) {
  const context = contextOn(db);
  const input = { name: freshName(), issuer: newIssuer(), audience: "countersign" };
  const { item } = accepted(await createIdentityProvider(context, input));
  const home = await givenProject(context);
  const account = await givenAccount(context, home.id);
  const bind = async (whose: "his" | "another's") => {
    const his = { type: "person", identityProvider: item.id, subject: freshName() } as const;
    const others = { type: "service_account", serviceAccount: account.id } as const;
    const principal = whose === "his" ? his : others;
    const made = await createRoleBinding(contextOn(db), home.id, { principal, role: "owner" });
    return { project: home.id, id: accepted(made).item.id };
  };
  const bound = [];
  for (const whose of bindings) bound.push(await bind(whose));
  const token = await givenToken(db, account, item.id);
  return { id: item.id, issuer: item.issuer, home, bind, bound, token };
}
type Ground = Awaited<ReturnType<typeof givenProvider>>;

/** An access token that a person got through the provider. */
async function givenToken(db: Database, account: { id: string; projectId: string }, providerId: string) {
  const jti = newId(0);
  const row = {
    jti,
    projectId: account.projectId,
    serviceAccountId: account.id,
    authMethod: "impersonation",
    audience: "a",
    scope: "",
    tokenSha256: jti,
    issuedAt: 1,
    expiresAt: 253_402_300_799,
    identityProviderId: providerId,
  } as const;
  await db.batch([db.insert(accessToken).values(row)]);
  return jti;
}

async function stateOf(db: Database, { id, home, token }: Ground) {
  const [row] = await db.select({ n: project.grantsVersion }).from(project).where(eq(project.id, home.id));
  return {
    providers: await count(db, identityProvider, sql`id = ${id}`),
    bindings: await count(db, roleBinding, sql`identity_provider_id = ${id}`),
    revoked: await count(db, revokedToken, sql`jti = ${token}`),
    grants: row?.n,
  };
}

/** What somebody else does after the verb has read and before it writes. */
interface Row {
  readonly name: string;
  readonly given: readonly ("his" | "another's")[];
  readonly call: (context: Context, ground: Ground) => Promise<unknown>;
  readonly meanwhile: (context: Context, ground: Ground) => Promise<unknown>;
}

const end =
  (query: object) =>
  (context: Context, { id }: Ground) =>
    deleteIdentityProvider(context, id, { ifMatch: undefined, ...query });

const MEANWHILE: readonly Row[] = [
  {
    name: "deleted, a binding comes to name it",
    given: ["another's"],
    call: end({}),
    meanwhile: (_context, { bind }) => bind("his"),
  },
  {
    name: "moved to another issuer, a binding comes to name it",
    given: ["another's"],
    call: (context, { id }) => updateIdentityProvider(context, id, { change: { issuer: newIssuer() } }),
    meanwhile: (_context, { bind }) => bind("his"),
  },
  {
    name: "deleted with its bindings, the project's other owner goes",
    given: ["his", "another's"],
    call: end({ cascade: true }),
    meanwhile: async (context, { bound }) =>
      accepted(await deleteRoleBinding(context, bound[1] ?? { project: "", id: "" }, { ifMatch: undefined })),
  },
  {
    name: "deleted, it is changed",
    given: [],
    call: end({}),
    meanwhile: async (context, { id }) =>
      accepted(await updateIdentityProvider(context, id, { change: { disabled: false } })),
  },
];

export function identityProviderRows(at: At): void {
  describe("an identity provider", () => {
    it.each(MEANWHILE)("stays as it is when, while $name", async ({ given, call, meanwhile }) => {
      const { db } = at();
      const ground = await givenProvider(db, given);
      let done: Awaited<ReturnType<typeof stateOf>> | undefined;
      const context = contextOn(
        onBatch(db, async (statements) => {
          // What writes has its event.
          if (done === undefined && (await isWrite(statements))) {
            await meanwhile(contextOn(db), ground);
            done = await stateOf(db, ground);
          }
          return db.batch(statements as never);
        }),
      );
      expect(outcomeOf((await call(context, ground)) as never)).toBe("conflict");
      expect(done).toMatchObject({ providers: 1, revoked: 0 });
      expect(await stateOf(db, ground)).toEqual(done);
      expect(await eventsOf(context)).toMatchObject([{ outcome: "refused", reason: "conflict" }]);
    });

    it("goes with its bindings and revokes what was got through it, with foreign keys or without", async () => {
      const { db, withoutForeignKeys } = at();
      for (const store of [db, ...(withoutForeignKeys === undefined ? [] : [withoutForeignKeys])]) {
        const ground = await givenProvider(db, ["his", "his", "another's"]);
        const { grants } = await stateOf(db, ground);
        accepted(
          await deleteIdentityProvider(contextOn(store), ground.id, { ifMatch: undefined, cascade: true }),
        );
        expect(await stateOf(db, ground)).toEqual({
          providers: 0,
          bindings: 0,
          revoked: 1,
          grants: Number(grants) + 1,
        });
        expect(await count(db, roleBinding, sql`project_id = ${ground.home.id}`)).toBe(1);
      }
    });
  });
}

/** Reads come as selects alone. */
async function isWrite(statements: readonly unknown[]): Promise<boolean> {
  const texts = statements.map((one) => (one as { toSQL?(): { sql: string } }).toSQL?.().sql ?? "insert");
  return texts.some((text) => !/^\s*\(?select/i.test(text));
}
