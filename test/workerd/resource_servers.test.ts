import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, startService } from "./harness.ts";
import { freshName } from "./token_holders.ts";

const service = startService();
const newAudience = () => `https://${freshName()}.example.com`;
const fresh = () => ({ name: freshName(), audience: newAudience() });

/** A project with an account that its APIs may ask us as. */
async function givenProject() {
  const name = freshName();
  const project = (await service.call("POST", "/v1/projects", { name })).body as { id: string };
  const accounts = `/v1/projects/${name}/service-accounts`;
  const account = (await service.call("POST", accounts, { name: "asker" })).body as {
    id: string;
    name: string;
    email: string;
  };
  return { id: project.id, name, account, accounts, servers: `/v1/projects/${name}/resource-servers` };
}

async function givenServer(servers: string, more: Record<string, unknown> = {}) {
  const created = await service.call("POST", servers, { ...fresh(), ...more });
  expect(created.status).toBe(201);
  const body = created.body as { id: string; name: string; audience: string };
  return { ...body, path: `${servers}/${body.id}`, etag: created.headers.get("etag") ?? "" };
}

/** What a refusal says: status, code, and of each member its place and why. */
function saidBy({ status, body }: Answer) {
  const errors = (body.errors ?? []) as readonly { pointer: string; code: string }[];
  return [status, body.code, ...errors.map(({ pointer, code }) => `${pointer} ${code}`)];
}

async function lastEvent(project: string) {
  return (await service.call("GET", `/v1/projects/${project}/audit-events?pageSize=1`)).body.items[0];
}

let given: Awaited<ReturnType<typeof givenProject>>;
let other: Awaited<ReturnType<typeof givenProject>>;
beforeAll(async () => {
  [given, other] = [await givenProject(), await givenProject()];
});

describe("a resource server", () => {
  it("is created, read, changed, listed, deleted, and each write leaves its event", async () => {
    const input = { name: "Shop API, EU", audience: newAudience() };
    const created = await service.call("POST", given.servers, input);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      projectId: given.id,
      ...input,
      serviceAccountId: null,
      permissions: [],
      tokenLifetime: null,
      signingAlgorithm: null,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: created.body.createdAt,
    });
    const path = `${given.servers}/${created.body.id}`;
    expect(created.headers.get("location")).toBe(path);
    const target = { type: "resource_server", id: created.body.id };
    expect(await lastEvent(given.name)).toMatchObject({ action: "resource_server.create", target });

    const read = await service.call("GET", path);
    expect(read.body).toEqual(created.body);
    const etag = read.headers.get("etag") ?? "";
    expect(etag).toBe(created.headers.get("etag"));
    expect((await service.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(304);

    const change = { name: freshName(), audience: newAudience() };
    const changed = await service.call("PATCH", path, change, { "if-match": etag });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ ...change, id: created.body.id });
    expect(changed.headers.get("etag")).not.toBe(etag);
    expect((await service.call("GET", path)).body).toEqual(changed.body);
    expect(await lastEvent(given.name)).toMatchObject({
      action: "resource_server.update",
      detail: "name, audience",
      target,
    });

    expect((await service.call("GET", given.servers)).body.items).toContainEqual(changed.body);
    expect((await service.call("DELETE", path)).status).toBe(204);
    expect(await lastEvent(given.name)).toMatchObject({ action: "resource_server.delete", target });
    expect(saidBy(await service.call("GET", path))).toEqual([404, "not_found"]);
    expect((await service.call("POST", given.servers, input)).status, "its name is free again").toBe(201);
  });

  it.each(["id", "email", "name"] as const)("names its account by %s", async (member) => {
    const { id } = given.account;
    const server = await givenServer(given.servers, { serviceAccount: given.account[member] });
    expect((await service.call("GET", server.path)).body.serviceAccountId).toBe(id);
    const without = await service.call("PATCH", server.path, { serviceAccount: null });
    expect([without.status, without.body.serviceAccountId]).toEqual([200, null]);
    const again = await service.call("PATCH", server.path, { serviceAccount: given.account[member] });
    expect([again.status, again.body.serviceAccountId]).toEqual([200, id]);
    const kept = await service.call("PATCH", server.path, { name: freshName() });
    expect([kept.status, kept.body.serviceAccountId]).toEqual([200, id]);
  });

  it.each([
    "https://api.example.com/v1?tenant=a",
    "urn:example:shop",
    "spiffe://example.org/shop",
    "http://127.0.0.1:8787/shop",
    `https://example.com/${"a".repeat(492)}`,
  ])("may have the audience %s", async (audience) => {
    expect((await service.call("POST", given.servers, { name: freshName(), audience })).status).toBe(201);
  });

  it("pages without losing or repeating one, and shows no other project's", async () => {
    const home = await givenProject();
    const all: string[] = [];
    for (let index = 0; index < 5; index++) all.push((await givenServer(home.servers)).id);
    const found: string[] = [];
    let pageToken = "";
    do {
      const { body } = await service.call(
        "GET",
        `${home.servers}?pageSize=2${pageToken && `&pageToken=${pageToken}`}`,
      );
      found.push(...body.items.map(({ id }: { id: string }) => id));
      pageToken = body.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(found).toEqual(all);
  });
});

const OWN = "http://127.0.0.1:8787";

describe("a bad member is named", () => {
  const good = { name: "shop", audience: "https://bad.example.com" };
  const either: readonly [string, Record<string, unknown>, string][] = [
    ["an empty name", { name: "" }, "/name too_small, /name custom"],
    ["a name of 129 characters", { name: "a".repeat(129) }, "/name too_big"],
    ["white space around the name", { name: " shop" }, "/name custom"],
    ["a direction override in the name", { name: "a\u202eb" }, "/name invalid_format"],
    ["a name that is no text", { name: 1 }, "/name invalid_type"],
    ["a null name", { name: null }, "/name invalid_type"],
    ["an audience that is no text", { audience: ["https://a.example"] }, "/audience invalid_type"],
    ["a null audience", { audience: null }, "/audience invalid_type"],
    ["an audience that is no URI", { audience: "shop" }, "/audience custom"],
    ["a relative audience", { audience: "/shop" }, "/audience custom"],
    ["an audience without a scheme", { audience: "//api.example.com" }, "/audience custom"],
    ["a fragment", { audience: "https://api.example.com/#a" }, "/audience custom"],
    ["an empty fragment", { audience: "https://api.example.com/#" }, "/audience custom"],
    ["a space in the audience", { audience: "https://api.example.com/a b" }, "/audience invalid_format"],
    ["an audience beyond ASCII", { audience: "https://bücher.example" }, "/audience invalid_format"],
    [
      "an audience of 513 characters",
      { audience: `https://example.com/${"a".repeat(493)}` },
      "/audience too_big",
    ],
    ["our own issuer URL", { audience: OWN }, "/audience audience_is_ours"],
    ["our own issuer URL with a slash", { audience: `${OWN}/` }, "/audience audience_is_ours"],
    ["our own issuer URL spelled oddly", { audience: "HTTP://0x7f.1:8787" }, "/audience audience_is_ours"],
    ["an empty account", { serviceAccount: "" }, "/serviceAccount too_small"],
    ["an account that is no text", { serviceAccount: 1 }, "/serviceAccount invalid_type"],
    ["an account that is nowhere", { serviceAccount: "nobody" }, "/serviceAccount not_found"],
    ["a member nobody knows", { colour: 1 }, "/colour unknown_member"],
    ["its id", { id: "x" }, "/id unknown_member"],
    ["its project", { projectId: "x" }, "/projectId unknown_member"],
    ["the id that it is answered with", { serviceAccountId: "x" }, "/serviceAccountId unknown_member"],
    ["__proto__", JSON.parse('{"__proto__":{"name":"x"}}'), "/__proto__ unknown_member"],
  ];

  it.each([
    ["no name", { name: undefined }, "/name invalid_type"],
    ["no audience", { audience: undefined }, "/audience invalid_type"],
    ["a null account", { serviceAccount: null }, "/serviceAccount invalid_type"],
    ...either,
  ])("on creation: %s", async (_name, members, said) => {
    const answer = await service.call("POST", given.servers, { ...good, ...members });
    expect(saidBy(answer)).toEqual([400, "invalid_body", ...said.split(", ")]);
  });

  it.each(either)("in a change: %s", async (_name, members, said) => {
    const server = await givenServer(given.servers);
    const answer = await service.call("PATCH", server.path, members);
    expect(saidBy(answer)).toEqual([400, "invalid_body", ...said.split(", ")]);
    expect((await service.call("GET", server.path)).headers.get("etag")).toBe(server.etag);
  });

  it("all that is wrong at once, and the refusal is recorded", async () => {
    const body = { name: freshName(), audience: OWN, serviceAccount: "nobody" };
    const said = saidBy(await service.call("POST", given.servers, body));
    expect(said.slice(2)).toEqual(["/audience audience_is_ours", "/serviceAccount not_found"]);
    expect(await lastEvent(given.name)).toMatchObject({
      action: "resource_server.create",
      outcome: "refused",
      reason: "invalid_body",
    });
  });
});

describe("what another one has is taken", () => {
  const taken = [409, "name_taken"];
  it("a name", async () => {
    const { name } = await givenServer(given.servers);
    const answer = await service.call("POST", given.servers, { ...fresh(), name });
    expect(saidBy(answer)).toEqual([...taken, "/name name_taken"]);
    expect(answer.body.detail).toBe(`Another resource server of this project is named ${name}.`);
  });

  it("an audience", async () => {
    const { audience } = await givenServer(given.servers);
    const answer = await service.call("POST", given.servers, { ...fresh(), audience });
    expect(saidBy(answer)).toEqual([...taken, "/audience name_taken"]);
    expect(answer.body.detail).toBe(`Another resource server of this project has the audience ${audience}.`);
  });

  it("both, by one or by two", async () => {
    const [{ name, audience }, second] = [await givenServer(given.servers), await givenServer(given.servers)];
    for (const body of [
      { name, audience },
      { name, audience: second.audience },
    ]) {
      const answer = await service.call("POST", given.servers, body);
      expect(saidBy(answer)).toEqual([...taken, "/name name_taken", "/audience name_taken"]);
    }
  });

  it("by a change as well, but not by the row itself", async () => {
    const [{ name, audience }, second] = [await givenServer(given.servers), await givenServer(given.servers)];
    const change = (body: unknown) => service.call("PATCH", second.path, body);
    expect(saidBy(await change({ name }))).toEqual([...taken, "/name name_taken"]);
    expect(saidBy(await change({ audience }))).toEqual([...taken, "/audience name_taken"]);
    expect((await change({ name: second.name, audience: second.audience })).status).toBe(200);
  });

  it("not by another project", async () => {
    const { name, audience } = await givenServer(given.servers);
    expect((await service.call("POST", other.servers, { name, audience })).status).toBe(201);
  });

  it("and the answer tells nothing of another project", async () => {
    const [{ name }, theirs] = [await givenServer(given.servers), await givenServer(other.servers)];
    const answer = await service.call("POST", given.servers, { name, audience: theirs.audience });
    expect(saidBy(answer)).toEqual([...taken, "/name name_taken"]);
  });

  it.each([
    ["name", (name: string) => ({ ...fresh(), name }), "/name name_taken"],
    ["audience", (audience: string) => ({ ...fresh(), audience }), "/audience name_taken"],
  ])("of 51 creates at once of one %s one wins", async (_member, bodyOf, said) => {
    const home = await givenProject();
    const body = newAudience();
    const answers = await Promise.all(
      Array.from({ length: 51 }, () => service.call("POST", home.servers, bodyOf(body))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const lost = answers.filter(({ status }) => status !== 201).map(saidBy);
    expect(lost).toEqual(Array.from({ length: 50 }, () => [...taken, said]));
    expect((await service.call("GET", home.servers)).body.items).toHaveLength(1);
  });
});

describe("another project's", () => {
  it("resource server is not there, in the words of one that is nowhere", async () => {
    const theirs = await givenServer(other.servers);
    for (const [method, body] of [["GET"], ["PATCH", { name: "x" }], ["DELETE"]] as const) {
      const foreign = await service.call(method, `${given.servers}/${theirs.id}`, body);
      const nowhere = await service.call(method, `${given.servers}/${given.id}`, body);
      expect(saidBy(foreign)).toEqual([404, "not_found"]);
      expect(foreign.body.detail).toBe(nowhere.body.detail);
    }
    expect((await service.call("GET", theirs.path)).headers.get("etag")).toBe(theirs.etag);
  });

  it("account is refused in the words of one that is nowhere", async () => {
    const { id, email } = other.account;
    const server = await givenServer(given.servers);
    await service.call("POST", other.accounts, { name: "theirs" });
    const texts = new Set<string>();
    for (const serviceAccount of [
      id,
      email,
      "theirs",
      crypto.randomUUID(),
      "nobody@nowhere.example",
      "nobody",
    ]) {
      for (const answer of [
        await service.call("POST", given.servers, { ...fresh(), serviceAccount }),
        await service.call("PATCH", server.path, { serviceAccount }),
      ]) {
        expect(saidBy(answer)).toEqual([400, "invalid_body", "/serviceAccount not_found"]);
        texts.add(JSON.stringify({ ...answer.body, requestId: undefined }));
      }
    }
    expect(texts.size).toBe(1);
  });

  it("name leads nowhere", async () => {
    for (const path of ["/v1/projects/nowhere/resource-servers", `/v1/projects/nowhere/resource-servers/x`]) {
      expect(saidBy(await service.call("GET", path))).toEqual([404, "not_found"]);
    }
    const answer = await service.call("POST", "/v1/projects/nowhere/resource-servers", fresh());
    expect(saidBy(answer)).toEqual([404, "not_found"]);
  });
});

describe("If-Match", () => {
  it("of another state is 412, of this state goes through", async () => {
    const server = await givenServer(given.servers);
    const changed = await service.call(
      "PATCH",
      server.path,
      { name: freshName() },
      { "if-match": server.etag },
    );
    expect(changed.status).toBe(200);
    for (const [method, body] of [["PATCH", { name: freshName() }], ["DELETE"]] as const) {
      const stale = await service.call(method, server.path, body, { "if-match": server.etag });
      expect(saidBy(stale)).toEqual([412, "precondition_failed"]);
    }
    const etag = changed.headers.get("etag") ?? "";
    expect((await service.call("DELETE", server.path, undefined, { "if-match": etag })).status).toBe(204);
  });
});

describe("there is room for 100 in a project", () => {
  it("and of 10 that race for the last two places two get one", async () => {
    const home = await givenProject();
    const insert =
      env.DB.prepare(`INSERT INTO resource_server (id, project_id, name, audience, created_at, updated_at)
      SELECT 'fill-' || value || ?1, ?1, 'n' || value, 'urn:n:' || value, 1, 1
      FROM json_each(?2)`);
    await insert.bind(home.id, JSON.stringify(Array.from({ length: 98 }, (_, n) => n))).run();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.call("POST", home.servers, fresh())),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    const lost = answers.filter(({ status }) => status !== 201).map(saidBy);
    expect(lost).toEqual(Array.from({ length: 8 }, () => [409, "limit_reached"]));
    const full = await service.call("POST", home.servers, { ...fresh(), serviceAccount: "asker" });
    expect(saidBy(full), "with an account that is there").toEqual([409, "limit_reached"]);
    expect((await service.call("POST", other.servers, fresh())).status, "in another project").toBe(201);
  });
});

describe("deletion", () => {
  it("of the account ends the link, and the resource server is in another state then", async () => {
    const home = await givenProject();
    const linked = await givenServer(home.servers, { serviceAccount: "asker" });
    const unlinked = await givenServer(home.servers);
    expect((await service.call("DELETE", `${home.accounts}/asker`)).status).toBe(204);
    const read = await service.call("GET", linked.path);
    expect([read.status, read.body.serviceAccountId]).toEqual([200, null]);
    expect(read.headers.get("etag")).not.toBe(linked.etag);
    const stale = await service.call(
      "PATCH",
      linked.path,
      { name: freshName() },
      { "if-match": linked.etag },
    );
    expect(saidBy(stale)).toEqual([412, "precondition_failed"]);
    expect((await service.call("GET", unlinked.path)).headers.get("etag")).toBe(unlinked.etag);
  });

  it("of the project takes its resource servers, and none of another", async () => {
    const home = await givenProject();
    await givenServer(home.servers, { serviceAccount: "asker" });
    const theirs = await givenServer(other.servers);
    expect((await service.call("DELETE", `/v1/projects/${home.name}`)).status).toBe(204);
    const row = await env.DB.prepare("SELECT count(*) AS n FROM resource_server WHERE project_id = ?")
      .bind(home.id)
      .first();
    expect(row).toEqual({ n: 0 });
    expect((await service.call("GET", theirs.path)).status).toBe(200);
  });
});

describe("around it", () => {
  it("nobody gets in without a token", async () => {
    const response = await service.fetch(given.servers);
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([
      401,
      "unauthenticated",
    ]);
  });

  it("OpenAPI describes it", async () => {
    const document = await (await service.fetch("/openapi.json")).json<{ paths: Record<string, object> }>();
    const path = "/v1/projects/{project}/resource-servers";
    expect(Object.keys(document.paths[path] ?? {})).toEqual(["post", "get"]);
    expect(Object.keys(document.paths[`${path}/{id}`] ?? {})).toEqual(["get", "patch", "delete"]);
  });
});
