import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, startService } from "./harness.ts";
import { freshName, must } from "./token_holders.ts";
import { faultsOf, GITHUB, type GivenAccount, givenAccount, TEAM } from "./trust_kit.ts";

/** What lint finds, as a caller meets it. Which trusts it finds anything in, its own tests say. */

const service = startService();
let home: GivenAccount;
beforeEach(async () => {
  home = await givenAccount(service);
});

const equals = (item: string, value: string) => ({ item, operator: "equals", value });
const NAME = equals("repository", "acme/shop");
const ID = equals("repository_id", "777001");
const MAIN = equals("ref", "refs/heads/main");
const ACTOR = equals("actor", "lena");

function save(assertions: readonly unknown[], more: Record<string, unknown> = {}): Promise<Answer> {
  const trust = { name: freshName(), issuer: GITHUB, assertions, ...more };
  return service.call("POST", home.providers, trust);
}

async function stored(assertions: readonly unknown[], acknowledge: readonly string[]) {
  const made = await save(assertions, { acknowledge });
  expect([made.status, made.body.acknowledged]).toEqual([201, acknowledge]);
  return { path: `${home.providers}/${made.body.id}`, body: made.body };
}

async function namesListed(): Promise<number> {
  return (await must(service, "GET", home.providers)).body.items.length;
}

describe("what lets the world in is refused, whatever is acknowledged", () => {
  const star = { item: "repository", operator: "glob", value: "*" };
  const shadow = (assertion: object) => ({ ...assertion, mode: "shadow" });
  it.each<[string, readonly unknown[], readonly string[]]>([
    ["only a ref", [MAIN], ["/assertions shared_issuer"]],
    [
      "only what the job chooses",
      [equals("workflow", "deploy")],
      ["/assertions shared_issuer", "/assertions chosen_claims_only"],
    ],
    ["only a person", [ACTOR], ["/assertions shared_issuer", "/assertions/0 person_only"]],
    ["a pattern for all", [star], ["/assertions shared_issuer", "/assertions/0 glob_too_wide"]],
    ["whose it is only in shadow", [MAIN, shadow(ID)], ["/assertions shared_issuer"]],
  ])("%s", async (_name, assertions, faults) => {
    const acknowledge = faults.map((fault) => fault.split(" ")[1] ?? "");
    for (const more of [{}, { acknowledge }, { mode: "shadow", acknowledge }]) {
      expect(faultsOf(await save(assertions, more))).toEqual(["400 invalid_body", ...faults]);
    }
    expect(await namesListed()).toBe(0);
  });

  it("says what to write instead", async () => {
    const { body } = await save([MAIN]);
    expect(body.errors[0].better).toMatchObject([
      { item: "repository_owner_id", operator: "equals" },
      { item: "repository_id", operator: "equals" },
    ]);
  });

  it("a change is held to the same, and nothing is changed by it", async () => {
    const { path, body } = await stored([ID, MAIN], []);
    const refused = await service.call("PATCH", path, { assertions: [MAIN], acknowledge: ["shared_issuer"] });
    expect(faultsOf(refused)).toEqual(["400 invalid_body", "/assertions shared_issuer"]);
    expect((await must(service, "GET", path)).body).toEqual(body);
  });

  it("an issuer that becomes a shared one by a change is refused", async () => {
    const own = await must(service, "POST", home.providers, {
      name: freshName(),
      issuer: "https://ci.acme.example",
      assertions: [TEAM],
    });
    const moved = await service.call("PATCH", `${home.providers}/${own.body.id}`, { issuer: GITHUB });
    expect(faultsOf(moved)[1]).toBe("/assertions shared_issuer");
    expect(moved.status).toBe(400);
  });
});

describe("what is doubtful waits for somebody who means it", () => {
  it.each<[string, readonly unknown[], readonly string[], readonly string[]]>([
    ["a name", [NAME, MAIN], ["/assertions/0 mutable_name"], ["mutable_name"]],
    ["any event", [ID], ["/assertions pull_requests"], ["pull_requests"]],
    ["a person beside", [ID, MAIN, ACTOR], ["/assertions/2 person_claim"], ["person_claim"]],
    [
      "several at once",
      [NAME, ACTOR],
      ["/assertions/1 person_claim", "/assertions/0 mutable_name", "/assertions pull_requests"],
      ["person_claim", "mutable_name", "pull_requests"],
    ],
    [
      "one of them twice",
      [NAME, equals("repository_owner", "acme"), MAIN],
      ["/assertions/0 mutable_name", "/assertions/1 mutable_name"],
      ["mutable_name"],
    ],
  ])("%s", async (_name, assertions, faults, codes) => {
    const asked = await save(assertions);
    expect(faultsOf(asked)).toEqual(["409 not_acknowledged", ...faults]);
    expect(asked.body.detail).toContain(JSON.stringify(codes));
    expect(await namesListed()).toBe(0);
    const { path, body } = await stored(assertions, codes);
    expect(body.breadth).not.toBe("");
    expect((await must(service, "GET", path)).body.acknowledged).toEqual(codes);
  });

  it.each<[string, readonly string[]]>([
    ["another code", ["glob_wide"]],
    ["only one of two", ["mutable_name"]],
    ["in other letters", ["MUTABLE_NAME", "PULL_REQUESTS"]],
    ["all of them, in one text", ["mutable_name,pull_requests"]],
    ["a star", ["*"]],
  ])("is not acknowledged by %s", async (_name, acknowledge) => {
    expect((await save([NAME], { acknowledge })).status).toBe(409);
  });

  it("codes that do not stand are not kept for later", async () => {
    const made = await save([ID, MAIN], { acknowledge: ["mutable_name", "pull_requests", "nonsense"] });
    expect(made.body.acknowledged).toEqual([]);
    const path = `${home.providers}/${made.body.id}`;
    expect((await service.call("PATCH", path, { acknowledge: ["mutable_name"] })).status).toBe(200);
    const changed = await service.call("PATCH", path, { assertions: [NAME, MAIN] });
    expect(faultsOf(changed)).toEqual(["409 not_acknowledged", "/assertions/0 mutable_name"]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["the name", { name: "renamed" }],
    ["nothing", {}],
    ["the mode", { mode: "shadow" }],
    ["how it judges", { leeway: 0, maxTokenAge: 60, singleUse: true }],
    ["that it is disabled", { disabled: true }],
    ["what was learned", { learnedIds: null }],
  ])("a change of %s asks nothing, and keeps what was accepted", async (_name, change) => {
    const { path } = await stored([NAME], ["mutable_name", "pull_requests"]);
    const changed = await service.call("PATCH", path, change);
    expect([changed.status, changed.body.acknowledged]).toEqual([200, ["mutable_name", "pull_requests"]]);
  });

  it("a change of assertions asks for new codes alone, and forgets those that stand no more", async () => {
    const { path } = await stored([NAME, MAIN], ["mutable_name"]);
    const again = [equals("repository", "acme/store"), MAIN];
    expect((await service.call("PATCH", path, { assertions: again })).status).toBe(200);
    const wider = await service.call("PATCH", path, { assertions: [NAME] });
    expect(faultsOf(wider)).toEqual(["409 not_acknowledged", "/assertions pull_requests"]);
    expect(wider.body.detail).toContain('["pull_requests"]');
    const accepted = { assertions: [NAME], acknowledge: ["pull_requests"] };
    const widened = await service.call("PATCH", path, accepted);
    expect(widened.body.acknowledged).toEqual(["mutable_name", "pull_requests"]);
    const mended = await service.call("PATCH", path, { assertions: [ID, MAIN] });
    expect(mended.body.acknowledged).toEqual([]);
    expect((await service.call("PATCH", path, { assertions: [NAME, MAIN] })).status).toBe(409);
  });
});

describe("breadth", () => {
  it("says in words whom a trust lets in, and follows its changes", async () => {
    const { path, body } = await stored([ID], ["pull_requests"]);
    const narrow = await must(service, "PATCH", path, { assertions: [ID, MAIN] });
    expect(narrow.body.breadth).not.toBe(body.breadth);
    expect(narrow.body.breadth).toMatch(/one branch of one repository/);
    const { items } = (await must(service, "GET", home.providers)).body;
    expect(items[0].breadth).toBe(narrow.body.breadth);
  });
});
