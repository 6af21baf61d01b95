import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type ReportName, reportOf, tableOf } from "./access_review_kit.ts";
import { startService } from "./harness.ts";
import { givenIdentityProvider } from "./identity_provider_kit.ts";
import { bind, type Caller, givenApi, givenCaller, givenRoleHome, type RoleHome } from "./role_kit.ts";
import { must } from "./token_holders.ts";

const service = startService();

const COLUMNS: Readonly<Record<ReportName, string>> = {
  access:
    "bindingId,effect,principalType,principalId,principalName,principalState,role,permissions,resourceType,resourceId,resourceName,path,condition,holds,via,truncated,createdAt,createdBy",
  unused: "kind,id,name,serviceAccountId,serviceAccountName,lastUsedAt,createdAt,ageDays",
  unowned: "id,name,email,createdAt,lastUsedAt,disabled",
};

/** What a cell says of a value, where nothing in it is harmful. */
function cellOf(value: unknown): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

describe("a report as CSV", () => {
  let home: RoleHome;
  let holder: Caller;
  beforeAll(async () => {
    home = await givenRoleHome(service);
    holder = await givenCaller(service, home, "owner", "viewer");
    await bind(service, home, await givenCaller(service, home), "token-creator");
    const api = await givenApi(service, home);
    const condition = {
      schedule: { weekdays: ["monday"], from: "08:00", until: "18:00", timeZone: "Europe/Berlin" },
    };
    const resource = { type: "resource_server", resourceServer: api.id, path: "/a" };
    await bind(service, home, holder, "editor", { condition, resource, effect: "deny" });
    await env.DB.prepare("UPDATE service_account SET created_at = 1 WHERE project_id = ?")
      .bind(home.id)
      .run();
  });

  it.each(Object.entries(COLUMNS) as [ReportName, string][])(
    "%s says what JSON says, with the same names",
    async (report, columns) => {
      const rows = await reportOf(service, home, report);
      const table = await tableOf(service, home, report);
      expect(rows.length).toBeGreaterThan(1);
      expect(table.columns.join(",")).toBe(columns);
      for (const row of rows) expect(Object.keys(row).toSorted()).toEqual(table.columns.toSorted());
      const cells = rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])),
      );
      expect(table.rows).toEqual(cells);
      const { headers } = table;
      expect(headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
      expect(headers.get("content-disposition")).toBe(`attachment; filename="${home.name}-${report}.csv"`);
      expect([headers.get("cache-control"), headers.get("vary")]).toEqual(["no-store", "Accept"]);
    },
  );

  it.each([
    ["text/csv", "", "text/csv"],
    ["text/csv;q=0.5, application/json", "", "application/json"],
    ["text/html, text/csv;q=0.9", "", "text/csv"],
    ["*/*", "", "application/json"],
    ["text/csv", "?format=json", "application/json"],
    ["application/json", "?format=csv", "text/csv"],
    ["*/*", "?format=csv&pageSize=1", "text/csv"],
  ])("for Accept: %s and %s is %s", async (accept, query, type) => {
    const headers = { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}`, accept };
    const response = await service.fetch(`${home.path}/access-review/access${query}`, { headers });
    expect(response.headers.get("content-type")?.split(";")[0]).toBe(type);
    await response.text();
  });

  it("is named by the project's name where the path says its id", async () => {
    const { headers } = await tableOf(service, { path: `/v1/projects/${home.id}` }, "unowned");
    expect(headers.get("content-disposition")).toBe(`attachment; filename="${home.name}-unowned.csv"`);
  });
});

describe("foreign text in it", () => {
  const NAMES = [
    '=HYPERLINK("https://evil.example","x")',
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    'a"b',
    "a,b",
    "a\r\nb,c\r\n=1",
    '","=1',
    "ä🦊",
    "a=1",
    "'=1",
  ];

  it("is text to every spreadsheet, and nothing of it is lost", async () => {
    const home = await givenRoleHome(service);
    const { name } = await givenIdentityProvider(service);
    for (const group of NAMES) {
      const principal = { type: "group", identityProvider: name, name: group };
      await must(service, "POST", home.bindings, { principal, role: "viewer" });
    }
    const { rows } = await tableOf(service, home, "access");
    const expected = NAMES.map((text) => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text));
    expect(rows.map(({ principalId }) => principalId)).toEqual(expected);
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
  });
});

/** Rows of bindings, in one statement. @param principal SQL of a principal's type and id for the row `n` */
async function givenBindings(home: RoleHome, count: number, principal: string): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows WHERE n < ?2)
     INSERT INTO role_binding (id, project_id, principal_type, principal_id, built_in_role, effect, resource_type,
       resource_id, created_at, updated_at)
     SELECT printf('0199c3d2-5b7a-7c1e-9f40-%012x', n) || ?1, ?1, ${principal}, 'allow', 'project', ?1, 1, 1 FROM rows`,
  )
    .bind(home.id, count)
    .run();
}

describe("a large report", () => {
  const ALL = 2000;

  it("is streamed whole, one page after the other, and none of it twice", async () => {
    const home = await givenRoleHome(service);
    await givenBindings(home, ALL, "'workloads', 'https://ci.example.com/' || n, 'viewer'");
    const headers = { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}` };
    const path = `${home.path}/access-review/access?format=csv`;
    const { body } = await service.fetch(path, { headers });
    const chunks: number[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk.length);
    expect(chunks.length).toBeGreaterThanOrEqual(5);
    const { rows } = await tableOf(service, home, "access");
    expect(new Set(rows.map(({ bindingId }) => bindingId)).size).toBe(ALL);
    expect(rows.map(({ principalId }) => principalId)).toEqual(
      Array.from({ length: ALL }, (_, index) => `https://ci.example.com/${index + 1}`),
    );
    const paged = await reportOf(service, home, "access", "", 150);
    expect(paged.map(({ bindingId }) => bindingId)).toEqual(rows.map(({ bindingId }) => bindingId));
  });

  it("breaks off where it cannot go on, so that nobody takes it for whole", async () => {
    const home = await givenRoleHome(service);
    await givenBindings(home, ALL, "'workloads', 'https://ci.example.com/' || n, 'viewer'");
    const headers = { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}` };
    const { body } = await service.fetch(`${home.path}/access-review/access?format=csv`, { headers });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await must(service, "DELETE", `${home.path}?cascade=true&acknowledge=last_owner`);
    const readOn = async () => {
      while (!(await reader.read()).done);
    };
    await expect(readOn()).rejects.toThrow();
    expect(service.log).toContainEqual(expect.objectContaining({ event: "report_broken", report: "access" }));
  });

  it("names at most so many who impersonate, and says where there are more", async () => {
    const home = await givenRoleHome(service);
    await givenBindings(home, 600, "'workloads', 'https://ci.example.com/' || n, 'token-creator'");
    const holder = await givenCaller(service, home, "viewer", "auditor");
    const { body } = await must(service, "GET", `${home.path}/access-review/access?pageSize=200`);
    expect([body.items.length, body.truncated]).toEqual([200, undefined]);
    const { rows } = await tableOf(service, home, "access");
    const own = rows.filter(({ principalId }) => principalId === holder.id);
    expect(own.map(({ role, truncated }) => [role, truncated])).toEqual([
      ["viewer", "false"],
      ["auditor", "true"],
    ]);
    expect(rows.filter(({ via }) => via !== "").map(({ role }) => role)).toEqual([
      ...Array(600).fill("viewer"),
      ...Array(400).fill("auditor"),
    ]);
    await givenMore(home);
    const all = await reportOf(service, home, "access");
    const direct = all.filter(({ principalId }) => principalId === holder.id);
    expect(direct.map(({ truncated }) => truncated)).toEqual([true, true]);
    const last = await must(service, "GET", `${home.path}/access-review/access?pageSize=200`);
    expect(last.body.truncated).toBeUndefined();
  });

  /** Beyond what one page reads of those who impersonate. */
  async function givenMore(home: RoleHome): Promise<void> {
    await env.DB.prepare(
      `WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows WHERE n < 401)
       INSERT INTO role_binding (id, project_id, principal_type, principal_id, built_in_role, effect, resource_type,
         resource_id, created_at, updated_at)
       SELECT '0199c3d2-5b7a-7c1e-9f41-' || n || ?1, ?1, 'workloads', 'https://more.example.com/' || n,
         'token-creator', 'allow', 'project', ?1, 1, 1 FROM rows`,
    )
      .bind(home.id)
      .run();
  }
});
