import { expect, it } from "vitest";
import { assertionOf, keyFlow } from "./credentials.ts";
import { exchangeOf, givenTrust, issuer, startService } from "./harness.ts";

it("a flood of a shared issuer's genuine tokens hides no replay of the account's own assertion", async () => {
  // One minute for all of it: floods are counted by the minute.
  const now = Date.now();
  const service = startService({ nowMs: () => now });
  const { project, account, accounts } = await givenTrust(service);
  const { body: file } = await service.call("POST", `${accounts}/deployer/keys`, { algorithm: "ED25519" });
  const assertion = await assertionOf(file);
  expect((await keyFlow(service, assertion)).status).toBe(200);
  const token = await issuer.token({ repository_id: "777001" }, "https://elsewhere.example");
  for (let tries = 0; tries < 62; tries++) await service.exchange(exchangeOf(token, account.email));
  expect((await keyFlow(service, assertion)).status).toBe(400);
  const events = `/v1/projects/${project}/audit-events?outcome=refused&pageSize=100`;
  const { body } = await service.call("GET", events);
  const reasons = body.items.map(({ reason }: { reason: string }) => reason);
  expect(reasons.filter((reason: string) => reason === "audience_mismatch")).toHaveLength(60);
  expect(reasons).toContain("flood");
  expect(reasons).toContain("assertion_replayed");
});
