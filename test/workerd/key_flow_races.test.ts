import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { assertionOf, CLIENT_ASSERTION, givenKey, keyFlow, lastEvent, post } from "./credentials.ts";
import { type Service, startService } from "./harness.ts";

/** What may happen between the two batches of an exchange, and what must come of it. */

const service = startService();
let given: Awaited<ReturnType<typeof givenKey>>;
beforeEach(async () => {
  given = await givenKey(service);
  await keyFlow(service, await assertionOf(given.file));
});

describe("the ground moves between the decision and its record", () => {
  /** The exchange's second batch is the one that writes. */
  const disturbed = (disturb: () => Promise<unknown>): Service => {
    let batches = 0;
    const batch: D1Database["batch"] = async (statements) => {
      batches += 1;
      if (batches === 2) await disturb();
      return env.DB.batch(statements);
    };
    return startService({}, { DB: { prepare: (query: string) => env.DB.prepare(query), batch } });
  };
  const key = () => `${given.keys}/${given.file.id}`;
  const account = () => `${given.accounts}/deployer`;

  it.each<[string, () => Promise<unknown>, string]>([
    ["the key is switched off", () => service.call("PATCH", key(), { active: false }), "key_inactive"],
    ["the key is deleted", () => service.call("DELETE", key()), "key_not_found"],
    [
      "the account is disabled",
      () => service.call("PATCH", account(), { disabled: true }),
      "account_disabled",
    ],
    ["the account is deleted", () => service.call("DELETE", account()), ""],
    [
      "the project is disabled",
      () => service.call("PATCH", `/v1/projects/${given.project}`, { disabled: true }),
      "project_disabled",
    ],
    ["the assertion is used", async () => keyFlow(service, await assertion), "assertion_replayed"],
  ])("%s: no token", async (_name, disturb, reason) => {
    assertion = assertionOf(given.file);
    const { status, body } = await keyFlow(disturbed(disturb), await assertion);
    expect([status, body.error]).toEqual([400, "invalid_grant"]);
    if (reason !== "")
      expect(await lastEvent(service, given.project)).toMatchObject({ reason, kid: given.file.id });
  });
  let assertion: Promise<string>;

  it.each<[string, () => Promise<unknown>]>([
    ["the account is described", () => service.call("PATCH", account(), { displayName: "x" })],
    ["the key gets another end", () => service.call("PATCH", key(), { validUntil: "2099-01-01T00:00:00Z" })],
  ])("%s: it is decided anew, and the assertion is no replay of itself", async (_name, disturb) => {
    const once = await assertionOf(given.file);
    expect((await keyFlow(disturbed(disturb), once)).status).toBe(200);
    expect((await keyFlow(service, once)).status).toBe(400);
    expect(await lastEvent(service, given.project)).toMatchObject({ reason: "assertion_replayed" });
  });

  it("the key is switched off: introspection does not know the caller either", async () => {
    const off = disturbed(() => service.call("PATCH", key(), { active: false }));
    const client = {
      client_assertion_type: CLIENT_ASSERTION,
      client_assertion: await assertionOf(given.file),
    };
    expect((await post(off, "/oauth/v2/introspect", { token: "x", ...client })).status).toBe(401);
  });

  it("storage fails: no token, nothing of the assertion in the log, and it is still good", async () => {
    const broken = disturbed(async () => {
      throw new Error("D1_ERROR: disk on fire");
    });
    const once = await assertionOf(given.file);
    const { status, body } = await keyFlow(broken, once);
    expect([status, body.error]).toEqual([503, "temporarily_unavailable"]);
    for (const part of once.split(".")) expect(JSON.stringify(broken.log)).not.toContain(part);
    expect((await keyFlow(service, once)).status).toBe(200);
  });
});
