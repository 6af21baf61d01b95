import { describe, expect, it } from "vitest";
import { startService } from "./harness.ts";
import { must } from "./token_holders.ts";
import { addTrust, GITHUB, givenOwnTrust, receiptOf, verdictOf } from "./trust_kit.ts";

/** A name that was believed once belongs to the ids that it had then: made anew by somebody else, it is a stranger's. */

const service = startService();
const ACKNOWLEDGED = ["mutable_name", "pull_requests", "glob_wide"];
const NAME = { item: "repository", operator: "equals", value: "acme/shop" } as const;
const OURS = { repository: "acme/shop", repository_id: "777001", repository_owner_id: "4242" };
const ANEW = { ...OURS, repository_id: "888001" };
const LEARNED = {
  item: "repository",
  value: "acme/shop",
  ids: { repository_id: "777001", repository_owner_id: "4242" },
};

const givenNamed = (assertions: readonly unknown[] = [NAME], more: Record<string, unknown> = {}) =>
  givenOwnTrust(service, { issuer: GITHUB, acknowledge: ACKNOWLEDGED, assertions, ...more });

describe("the first success", () => {
  it("is remembered, shown, and a new version of the trust", async () => {
    const given = await givenNamed();
    const before = await must(service, "GET", given.path);
    expect(before.body.learnedIds).toEqual([]);
    expect(await given.verdict(OURS)).toBe("granted");
    const after = await must(service, "GET", given.path);
    expect(after.body.learnedIds).toEqual([LEARNED]);
    expect(after.headers.get("etag")).not.toBe(before.headers.get("etag"));
    const stale = { "if-match": before.headers.get("etag") ?? "" };
    expect((await service.call("PATCH", given.path, { name: "x" }, stale)).status).toBe(412);
    for (let again = 0; again < 3; again++) expect(await given.verdict(OURS)).toBe("granted");
    const later = await must(service, "GET", given.path);
    expect(later.headers.get("etag")).toBe(after.headers.get("etag"));
    const listed = (await must(service, "GET", given.providers)).body.items[0];
    expect(listed.learnedIds).toEqual([LEARNED]);
  });

  it("its token is good, and so are those that were got before and after", async () => {
    const given = await givenNamed();
    const answers = [await given.exchange(OURS), await given.exchange(OURS)];
    for (const { body } of answers) {
      const shown = await service.fetch("/oauth/v2/introspect", {
        method: "POST",
        headers: { authorization: `Bearer ${body.access_token}` },
        body: new URLSearchParams({ token: body.access_token }),
      });
      expect(await shown.json()).toMatchObject({ active: true });
    }
  });
});

describe("the same name", () => {
  it.each<[string, Record<string, unknown>]>([
    ["another repository's id", ANEW],
    ["another owner's id", { ...OURS, repository_owner_id: "666" }],
    ["no id", { ...OURS, repository_id: undefined }],
    ["an id that is null", { ...OURS, repository_id: null }],
    ["the id as a number", { ...OURS, repository_id: 777001 }],
    ["the id in a list", { ...OURS, repository_id: ["777001"] }],
    ["the id among others", { ...OURS, repository_id: ["888001", "777001"] }],
  ])("with %s is refused, and an error in the log", async (_name, claims) => {
    const given = await givenNamed();
    expect(await given.verdict(OURS)).toBe("granted");
    const { length } = service.log;
    const receipt = await receiptOf(service, await given.exchange(claims));
    expect(receipt).toMatchObject({ reason: "identity_changed", signature: "valid", claimsVerified: true });
    expect(receipt.detail).toContain("acme/shop");
    const lines = service.log.slice(length).filter(({ event }) => event === "identity_changed");
    const who = { projectId: given.projectId, serviceAccountId: given.account.id };
    expect(lines).toMatchObject([{ level: "error", ...who, detail: receipt.detail }]);
    expect((await given.read()).learnedIds).toEqual([LEARNED]);
    expect(await given.verdict(OURS)).toBe("granted");
  });

  it("signed by nobody whom we know is no alarm", async () => {
    const given = await givenNamed();
    await given.verdict(OURS);
    const forger = await givenNamed();
    const { length } = service.log;
    const answer = await given.present(await forger.sign(ANEW));
    expect(await verdictOf(service, answer)).toBe("signature_invalid");
    expect(service.log.slice(length).filter(({ level }) => level === "error")).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["null", { learnedIds: null }, "granted"],
    [
      "assertions that name others",
      { assertions: [{ ...NAME, operator: "in", value: [NAME.value] }] },
      "granted",
    ],
    ["the same assertions", { assertions: [NAME] }, "identity_changed"],
    ["another name of the trust", { name: "renamed" }, "identity_changed"],
    ["another way to judge", { leeway: 0, mode: "enforce" }, "identity_changed"],
  ])("after a change with %s: with other ids it is %3$s", async (_name, change, verdict) => {
    const given = await givenNamed();
    await given.verdict(OURS);
    await must(service, "PATCH", given.path, change);
    expect(await given.verdict(ANEW)).toBe(verdict);
    expect(await given.verdict(OURS)).toBe(verdict === "granted" ? "identity_changed" : "granted");
  });

  it("is another's in another trust: each has looked for itself", async () => {
    const given = await givenNamed();
    await given.verdict(OURS);
    const other = await givenNamed();
    expect(await other.verdict(ANEW)).toBe("granted");
    expect(await other.verdict(OURS)).toBe("identity_changed");
    expect(await given.verdict(OURS)).toBe("granted");
  });
});

describe("what is learned", () => {
  const glob = { item: "repository", operator: "glob", value: "acme/*" };
  const id = { item: "repository_id", operator: "equals", value: "777001" };
  const owner = { item: "repository_owner_id", operator: "in", value: ["4242", "1"] };
  const other = { repository: "acme/blog", repository_id: "777002", repository_owner_id: "4242" };
  const idsOf = (ids: object) => [{ ...LEARNED, ids }];
  it.each<[string, readonly unknown[], Record<string, unknown>, readonly unknown[]]>([
    ["all ids of a name", [NAME], OURS, [LEARNED]],
    ["a name by in", [{ ...NAME, operator: "in", value: ["acme/shop", "acme/blog"] }], OURS, [LEARNED]],
    ["a name by a pointer", [{ ...NAME, item: "/repository" }], OURS, [LEARNED]],
    ["not an id that is asked for", [NAME, id], OURS, idsOf({ repository_owner_id: "4242" })],
    [
      "not an id that is asked for by a pointer",
      [NAME, { ...id, item: "/repository_id" }],
      OURS,
      idsOf({ repository_owner_id: "4242" }),
    ],
    ["nothing where all ids are asked for", [NAME, id, owner], OURS, []],
    [
      "an id that is only watched",
      [NAME, { ...id, mode: "shadow" }, owner],
      OURS,
      idsOf({ repository_id: "777001" }),
    ],
    ["nothing of a name that is only watched", [id, { ...NAME, mode: "shadow" }], OURS, []],
    ["nothing where the token has no ids", [NAME], { repository: "acme/shop" }, []],
    [
      "what ids there are",
      [NAME],
      { repository: "acme/shop", repository_id: 7, repository_owner_id: null },
      idsOf({ repository_id: 7 }),
    ],
  ])("%s", async (_name, assertions, claims, learned) => {
    const given = await givenNamed(assertions);
    expect(await given.verdict(claims)).toBe("granted");
    expect((await given.read()).learnedIds).toEqual(learned);
  });

  it("nothing of an issuer of which no names are known", async () => {
    const given = await givenNamed([NAME], { issuer: "https://ci.acme.example" });
    expect([await given.verdict(OURS), await given.verdict(ANEW)]).toEqual(["granted", "granted"]);
    expect((await given.read()).learnedIds).toEqual([]);
  });

  it("by a pattern each name has its own", async () => {
    const given = await givenNamed([glob]);
    expect([await given.verdict(OURS), await given.verdict(other)]).toEqual(["granted", "granted"]);
    expect((await given.read()).learnedIds).toHaveLength(2);
    expect(await given.verdict({ ...other, repository_id: OURS.repository_id })).toBe("identity_changed");
    expect(await given.verdict(ANEW)).toBe("identity_changed");
    expect([await given.verdict(OURS), await given.verdict(other)]).toEqual(["granted", "granted"]);
  });

  it.each<[string, Record<string, unknown>, Record<string, string>, string]>([
    ["an assertion fails", { ...OURS, ref: "dev" }, {}, "assertion_failed"],
    ["the token is too old", { ...OURS, ref: "main", exp: 1 }, {}, "token_expired"],
    ["the scope is not granted", { ...OURS, ref: "main" }, { scope: "nobody:granted" }, "scope_not_granted"],
    [
      "the target is not allowed",
      { ...OURS, ref: "main" },
      { audience: "https://no.example" },
      "target_not_allowed",
    ],
  ])("nothing where %s", async (_name, claims, more, reason) => {
    const given = await givenNamed([NAME, { item: "ref", operator: "equals", value: "main" }]);
    expect(await verdictOf(service, await given.present(await given.sign(claims), more))).toBe(reason);
    expect((await given.read()).learnedIds).toEqual([]);
  });

  it("nothing by a dry run, which tells what would be", async () => {
    const given = await givenNamed();
    for (const path of [given.path, given.accountPath]) {
      const claims = { iss: GITHUB, sub: "job", aud: service.url, ...OURS };
      for (const body of [{ claims }, { token: await given.sign(OURS) }]) {
        expect((await must(service, "POST", `${path}/evaluate`, body)).body.outcome).toBe("granted");
      }
    }
    expect((await given.read()).learnedIds).toEqual([]);
    expect(await given.verdict(ANEW)).toBe("granted");
    const dry = await must(service, "POST", `${given.path}/evaluate`, { token: await given.sign(OURS) });
    expect(dry.body).toMatchObject({ outcome: "refused", reason: "identity_changed", dryRun: true });
  });

  it("each trust that is deleted and made anew has looked at nothing", async () => {
    const given = await givenNamed();
    await given.verdict(OURS);
    expect((await service.call("DELETE", given.path)).status).toBe(204);
    const jwks = { keys: [given.key.jwk] };
    await addTrust(service, given, { issuer: GITHUB, acknowledge: ACKNOWLEDGED, assertions: [NAME], jwks });
    expect(await given.verdict(ANEW)).toBe("granted");
  });
});
