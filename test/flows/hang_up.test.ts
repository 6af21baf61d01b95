import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { call, exchange, givenTrust } from "./clients.ts";

const LATENCY_MS = 300;
let service: LocalWorker;
let server: Server;
let issuer: string;
let sign: (kid: string) => Promise<string>;

/** An issuer that is sound and slow. */
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "good", alg: "ES256", use: "sig" };
  server = createServer((request, response) => {
    const document = request.url === "/jwks" ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` };
    setTimeout(() => response.end(JSON.stringify(document)), LATENCY_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  service = await startLocalWorker();
  sign = (kid) =>
    new SignJWT({ repository_id: "777001" })
      .setProtectedHeader({ alg: "ES256", kid })
      .setIssuer(issuer)
      .setSubject("job")
      .setAudience(service.url)
      .setExpirationTime("5m")
      .sign(privateKey);
});
afterAll(async () => {
  await service.close();
  server.close();
});

/** Sends an exchange and resets the connection at once. */
async function exchangeAndHangUp(account: string, token: string): Promise<void> {
  const form = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    client_id: account,
  }).toString();
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  const head = `POST /oauth/v2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n`;
  socket.write(head + form);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resetAndDestroy();
}

it("a caller who hangs up delays nobody's keys, and its refusal is recorded all the same", async () => {
  const account = await givenTrust(service, issuer);
  await exchangeAndHangUp(account, await sign("unknown"));
  const begun = Date.now();
  const answer = await exchange(service, account, await sign("good"));
  expect(answer.status).toBe(200);
  expect(Date.now() - begun).toBeLessThan(2500);
  const { body } = await call(service, "GET", "/v1/projects/shop/audit-events?outcome=refused");
  expect((body.items as unknown as { reason: string }[]).map(({ reason }) => reason)).toEqual([
    "key_not_found",
  ]);
});
