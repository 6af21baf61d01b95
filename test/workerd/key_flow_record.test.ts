import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { assertionOf, givenKey, JWT_BEARER, keyFlow, lastEvent } from "./credentials.ts";
import { type Answer, startService } from "./harness.ts";
import { forgedBy, givenNeighbour } from "./own_keys.ts";

/** What a caller learns of a key flow, and what the record tells its owner. */

const service = startService();
type Given = Awaited<ReturnType<typeof givenKey>>;

const change = async (path: string, body: object) => {
  const { status } = await service.call("PATCH", path, body);
  if (status !== 200) throw new Error(`${path} ${status}`);
};
const soon = () => new Date(Date.now() + 1100).toISOString();
const passed = () => new Promise((resolve) => setTimeout(resolve, 1700));
const now = () => Math.floor(Date.now() / 1000);

const WAYS: [string, (given: Given) => Promise<string>, string][] = [
  ["a kid of nobody", ({ file }) => assertionOf(file, {}, { kid: crypto.randomUUID() }), "key_not_found"],
  [
    "another account's kid",
    async ({ file, accounts }) =>
      assertionOf(file, {}, { kid: (await givenNeighbour(service, accounts)).file.id }),
    "key_not_found",
  ],
  [
    "another project's kid",
    async ({ file }) => assertionOf(file, {}, { kid: (await givenKey(service)).file.id }),
    "key_not_found",
  ],
  [
    "a wrong signature",
    async ({ file }) => forgedBy(file, (await givenKey(service)).file),
    "signature_invalid",
  ],
  [
    "a wrong algorithm",
    async ({ file }) => forgedBy(file, (await givenKey(service, { algorithm: "EC_P256" })).file),
    "algorithm_not_allowed",
  ],
  [
    "a replay",
    async ({ file }) => {
      const assertion = await assertionOf(file);
      await keyFlow(service, assertion);
      return assertion;
    },
    "assertion_replayed",
  ],
  [
    "a disabled account",
    async ({ file, accounts }) => {
      await change(`${accounts}/deployer`, { disabled: true });
      return assertionOf(file);
    },
    "account_disabled",
  ],
  [
    "a disabled account and a wrong signature",
    async ({ file, accounts }) => {
      await change(`${accounts}/deployer`, { disabled: true });
      return forgedBy(file, (await givenKey(service)).file);
    },
    "account_disabled",
  ],
  [
    "a disabled project",
    async ({ file, project }) => {
      await change(`/v1/projects/${project}`, { disabled: true });
      return assertionOf(file);
    },
    "project_disabled",
  ],
  [
    "an account that has ended",
    async ({ file, accounts }) => {
      await change(`${accounts}/deployer`, { expiresAt: soon() });
      await passed();
      return assertionOf(file);
    },
    "account_expired",
  ],
  [
    "a key that has ended",
    async ({ file, keys }) => {
      await change(`${keys}/${file.id}`, { validUntil: soon() });
      await passed();
      return assertionOf(file);
    },
    "key_expired",
  ],
  [
    "a key that is off",
    async ({ file, keys }) => {
      await change(`${keys}/${file.id}`, { active: false });
      return assertionOf(file);
    },
    "key_inactive",
  ],
  ["another iss", ({ file }) => assertionOf(file, { iss: "x@example.org" }), "subject_mismatch"],
  ["another aud", ({ file }) => assertionOf(file, { aud: "x" }), "audience_mismatch"],
  [
    "an end long ago",
    ({ file }) => assertionOf(file, { iat: now() - 900, exp: now() - 300 }),
    "token_expired",
  ],
  ["two hours", ({ file }) => assertionOf(file, { exp: now() + 7200 }), "token_lifetime_excessive"],
  ["a day ahead", ({ file }) => assertionOf(file, { nbf: now() + 86400 }), "token_not_yet_valid"],
  ["no jti", ({ file }) => assertionOf(file, { jti: undefined }), "claim_missing"],
  ["a jti that is none", ({ file }) => assertionOf(file, { jti: 1 }), "claim_malformed"],
];

const kidOf = (assertion: string) => String(decodeProtectedHeader(assertion).kid);

/** What the caller sees, with the kid and the request's id taken out. */
function seenOf({ status, headers, body }: Answer, assertion: string) {
  const [kid, id] = [kidOf(assertion), headers.get("x-request-id") ?? ""];
  const text = JSON.stringify(body);
  for (const part of [kid, id]) expect(text).toContain(part);
  const others = [...headers].filter(([name]) => name !== "x-request-id");
  const plain = text
    .replaceAll(kid, "KID")
    .replaceAll(id, "ID")
    .replace(/(receipts\/)[0-9a-f-]{36}/, "$1RECEIPT");
  return { status, body: JSON.parse(plain), headers: others };
}

const SEEN = {
  status: 400,
  body: {
    error: "invalid_grant",
    error_description: expect.stringMatching(/^Key with kid KID was not found[A-Za-z ,.:-]+: request ID\.$/),
  },
};

describe("whatever is wrong, the caller learns one thing and the owner another", () => {
  let stranger: ReturnType<typeof seenOf> | undefined;
  const strangers = async () => {
    const { file } = await givenKey(service);
    const nobody = { iss: "nobody-1234567@example.org", sub: crypto.randomUUID() };
    const assertion = await assertionOf(file, nobody);
    stranger ??= seenOf(await keyFlow(service, assertion), assertion);
    return stranger;
  };

  it.each(WAYS)("%s", async (_name, make, reason) => {
    const given = await givenKey(service);
    const assertion = await make(given);
    const answer = await keyFlow(service, assertion);
    const seen = seenOf(answer, assertion);
    expect(seen).toMatchObject(SEEN);
    expect(seen).toEqual(await strangers());
    const event = await lastEvent(service, given.project);
    expect(event).toMatchObject({
      action: "access_token.exchange",
      outcome: "refused",
      reason,
      projectId: expect.any(String),
      serviceAccountId: given.account.id,
      kid: kidOf(assertion),
      actor: { type: "workload" },
      jti: null,
      tokenSha256: null,
      requestId: answer.headers.get("x-request-id"),
    });
    expect(JSON.stringify(event)).not.toContain(assertion.split(".")[2]);
    const logged = service.log.filter(({ requestId }) => requestId === event?.requestId);
    expect(logged).toMatchObject([{ outcome: reason, status: 400 }]);
  });

  it.each<[string, string]>([
    ["text for a terminal", "\u001b[31m\r\nX-Injected: 1"],
    ["markup", '<script>"\\'],
    ["a sentence", "x was not found. Use the key at https://evil.example instead"],
    ["a very long one", "k".repeat(1024)],
  ])("a kid that is %s is not said back", async (_name, kid) => {
    const { file, project } = await givenKey(service);
    const { body } = await keyFlow(service, await assertionOf(file, {}, { kid }));
    expect(body.error_description).toMatch(/^Key with kid of this assertion was not found/);
    expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(JSON.stringify(body)).not.toContain("evil");
    expect(await lastEvent(service, project)).toMatchObject({ reason: "key_not_found" });
    expect(String((await lastEvent(service, project))?.kid).length).toBeLessThanOrEqual(128);
  });

  it("a stranger's event belongs to nobody", async () => {
    const { file } = await givenKey(service);
    const sub = crypto.randomUUID();
    const answer = await keyFlow(service, await assertionOf(file, { iss: sub, sub }));
    const path = `/v1/audit-events?pageSize=1&requestId=${answer.headers.get("x-request-id")}`;
    const { body } = await service.call("GET", path);
    expect(body.items).toMatchObject([
      { reason: "account_not_found", projectId: null, serviceAccountId: null, claims: null },
    ]);
  });
});

describe("a granted key flow is on record", () => {
  it.each(["RSA_2048", "EC_P256", "ED25519"])(
    "%s: who, by which key, which token, and no token",
    async (algorithm) => {
      const { file, project, account } = await givenKey(service, { algorithm });
      const jti = crypto.randomUUID();
      const assertion = await assertionOf(file, { jti, secret: "hush-hush", nested: assertionLike() });
      const { body, headers } = await keyFlow(service, assertion);
      const event = await lastEvent(service, project, "outcome=granted&action=access_token.exchange");
      const token = decodeJwt(body.access_token);
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body.access_token));
      expect(event).toMatchObject({
        actor: { type: "service_account", id: account.id },
        serviceAccountId: account.id,
        target: { type: "access_token", id: token.jti },
        kid: file.id,
        jti: token.jti,
        tokenSha256: Buffer.from(digest).toString("hex"),
        issuer: account.email,
        subject: account.id,
        reason: null,
        detail: JWT_BEARER,
        requestId: headers.get("x-request-id"),
        occurrences: 1,
      });
      expect(event?.claims).toMatchObject({ jti, iss: account.email, sub: account.id, aud: service.url });
      const everywhere = JSON.stringify([event, service.log]);
      for (const compact of [assertion, body.access_token]) {
        for (const part of compact.split(".").slice(1)) expect(everywhere).not.toContain(part);
      }
      expect(everywhere).not.toContain("hush-hush");
      expect(everywhere).not.toContain(assertionLike());
    },
  );
});

const assertionLike = () => `eyJ${"a".repeat(40)}.${"b".repeat(40)}.${"c".repeat(40)}`;
