/** That the imitated SDKs stumble where the real ones do: else their passing would prove nothing. */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile, type Sdk } from "./stackit_key_file.ts";
import { pauseBeforeRefreshMs, startKeyFlow } from "./stackit_sdk.ts";

type Members = Record<string, unknown>;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PKCS8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const PKCS1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const ID = "01890a5d-ac96-774b-bcce-b302099a8057";

/** A sound key file, changed. */
function fileOf(file: Members = {}, credentials: Members = {}): string {
  const names = { kid: ID, iss: "a@sa.example", sub: ID, aud: "https://sts.example" };
  const terms = {
    keyType: "USER_MANAGED",
    keyOrigin: "GENERATED",
    keyAlgorithm: "RSA_2048",
    publicKey: "PEM",
  };
  const sound = { id: ID, active: true, createdAt: "2026-01-01T00:00:00.000Z", ...terms };
  return JSON.stringify({ ...sound, credentials: { ...names, privateKey: PKCS8, ...credentials }, ...file });
}

describe("a key file", () => {
  it.each(["go", "python", "java"] as const)("that is sound is read by %s", (sdk) => {
    expect(readKeyFile(sdk, fileOf()).kid).toBe(ID);
  });

  it.each<[string, Sdk, string, string | undefined]>([
    ["an id that is no UUID", "go", fileOf({ id: "1" }), "id is no UUID"],
    ["an id that is no UUID", "python", fileOf({ id: "1" }), undefined],
    ["a sub that is no UUID", "go", fileOf({}, { sub: "x" }), "sub is no UUID"],
    ["a time without an offset", "go", fileOf({ createdAt: "2026-01-01 00:00" }), "createdAt is no RFC 3339"],
    ["no createdAt", "go", fileOf({ createdAt: undefined }), undefined],
    ["no createdAt", "python", fileOf({ createdAt: undefined }), "createdAt is no string"],
    ["no publicKey", "python", fileOf({ publicKey: undefined }), "publicKey is no string"],
    ["active as a text", "python", fileOf({ active: "true" }), "active is no boolean"],
    ["PKCS #1", "go", fileOf({}, { privateKey: PKCS1 }), undefined],
    ["PKCS #1", "java", fileOf({}, { privateKey: PKCS1 }), "illegal base64 character"],
    [
      "\\r\\n",
      "java",
      fileOf({}, { privateKey: PKCS8.replaceAll("\n", "\r\n") }),
      "illegal base64 character",
    ],
    ["no private key", "go", fileOf({}, { privateKey: undefined }), "privateKey is no string"],
  ])("with %s: %s", (_name, sdk, text, fault) => {
    if (fault === undefined) expect(readKeyFile(sdk, text).kid).toBe(ID);
    else expect(() => readKeyFile(sdk, text)).toThrow(fault);
  });
});

describe("an answer", () => {
  let server: Server;
  let url: string;
  let answer: { status: number; type: string; body: Members };
  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { "content-type": answer.type }).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  });
  afterAll(() => void server.close());

  const tokenOf = (claims: Members) =>
    new UnsecuredJWT({ email: "a@sa.example", sub: ID, jti: ID, ...claims })
      .encode()
      // Unsecured, it has no third part; nobody here checks a signature.
      .concat("sig");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const sound = { token_type: "Bearer", expires_in: 3600, scope: "", refresh_token: "" };

  it.each<[string, Partial<typeof answer>, Members, string | undefined]>([
    ["that is sound", {}, {}, undefined],
    ["of 201", { status: 201 }, {}, "status code 201"],
    ["that is text", { type: "text/plain" }, {}, "not JSON"],
    ["without refresh_token", {}, { refresh_token: undefined }, "required property refresh_token"],
    ["without scope", {}, { scope: undefined }, "required property scope"],
    ["with expires_in as a text", {}, { expires_in: "3600" }, "required property expires_in"],
    ["with another token_type", {}, { token_type: "bearer" }, "token_type is not Bearer"],
    ["with a token without exp", {}, { access_token: tokenOf({}) }, "no exp"],
    [
      "with a token without email",
      {},
      { access_token: tokenOf({ exp, email: undefined }) },
      "email, sub or jti",
    ],
    ["with an opaque refresh token", {}, { refresh_token: "opaque" }, "refresh_token is no JWT"],
  ])("%s", async (_name, changed, members, fault) => {
    const body = { access_token: tokenOf({ exp }), ...sound, ...members };
    answer = { status: 200, type: "application/json", body, ...changed };
    const got = startKeyFlow("go", fileOf(), url).getAccessToken();
    if (fault === undefined) expect(await got).toBe(body.access_token);
    else await expect(got).rejects.toThrow(fault);
  });

  it("with a token of 30 minutes or less makes the background refresh run without a pause", () => {
    const now = Date.now();
    const ending = (seconds: number) => tokenOf({ exp: Math.floor(now / 1000) + seconds });
    expect(pauseBeforeRefreshMs(ending(1800), now)).toBeLessThanOrEqual(0);
    expect(pauseBeforeRefreshMs(ending(3600), now)).toBeGreaterThan(1_700_000);
  });
});
