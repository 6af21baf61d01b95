import { expect, it } from "vitest";
import { exchangeOf, givenTrust, issuer, startService } from "./harness.ts";

it("gives a job's token an access token", async () => {
  const service = startService();
  const { account } = await givenTrust(service);
  const token = await issuer.token({ repository_id: "777001" }, service.url);
  const answer = await service.exchange(exchangeOf(token, account.email));
  expect(answer.body).toMatchObject({ token_type: "Bearer", expires_in: 3600, scope: "" });
  expect(answer.status).toBe(200);
});
