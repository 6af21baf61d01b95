import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalWorker, startLocalWorker } from "../../scripts/local_worker.ts";
import { type ForeignIssuer, githubClaims, startForeignIssuer } from "../support/foreign_issuer.ts";
import { givenKey, refusalsOf } from "./accounts.ts";
import { call, givenTrust } from "./clients.ts";
import { readKeyFile, type Sdk } from "./stackit_key_file.ts";
import {
  pauseBeforeRefreshMs,
  type StackitFlow,
  startKeyFlow,
  startWorkloadIdentityFlow,
} from "./stackit_sdk.ts";
import { type Recorder, startRecorder } from "./wire.ts";

const SDKS: readonly Sdk[] = ["go", "python", "java"];
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const HOUR_MS = 3_600_000;

let service: LocalWorker;
let issuer: ForeignIssuer;
let recorder: Recorder;
let directory: string;
beforeAll(async () => {
  [service, issuer] = await Promise.all([startLocalWorker(), startForeignIssuer()]);
  recorder = await startRecorder(service.url);
  directory = await mkdtemp(join(tmpdir(), "countersign-stackit-"));
});
afterAll(async () => {
  await Promise.all([recorder.close(), service.close(), issuer.close()]);
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => void recorder.heard.splice(0));

/** The answer of `POST …/keys {}`, kept in a file and read back. */
async function givenKeyFile(key: Record<string, unknown> = {}) {
  const given = await givenKey(service, key);
  const path = join(directory, `${given.project}.json`);
  await writeFile(path, given.text);
  return { ...given, text: await readFile(path, "utf8") };
}

const tokenUrl = () => `${recorder.url}/oauth/v2/token`;

/** What went over the line last. */
function lastHeard() {
  const heard = recorder.heard.at(-1);
  if (heard === undefined) throw new Error("nothing was heard");
  return { ...heard, form: new URLSearchParams(heard.body), names: heard.headers.map(([name]) => name) };
}

describe("the key flow", () => {
  it.each(SDKS)("%s: the file of POST …/keys {} alone gets a token that lasts", async (sdk) => {
    const { text, account } = await givenKeyFile();
    const flow = startKeyFlow(sdk, text, sdk === "go" ? undefined : tokenUrl());
    const token = await flow.getAccessToken();
    expect(decodeJwt(token)).toMatchObject({ sub: account.id, email: account.email, auth_method: "key" });
    expect(flow.held).toMatchObject({ token_type: "Bearer", expires_in: 3600, scope: "", refresh_token: "" });
    expect(pauseBeforeRefreshMs(token)).toBeGreaterThan(HOUR_MS / 2 - 30_000);
    expect(await flow.getAccessToken()).toBe(token);
  });

  it("a file for a key with an end, and one of 4096 bits, read as well", async () => {
    const { text } = await givenKeyFile({ algorithm: "RSA_4096", validUntil: "2099-12-31T23:59:59Z" });
    for (const sdk of SDKS) await startKeyFlow(sdk, text, tokenUrl()).getAccessToken();
  });

  it.each([
    ["go", ["Host", "User-Agent", "Content-Length", "Content-Type", "Accept-Encoding"], 3600],
    [
      "python",
      ["Host", "User-Agent", "Accept-Encoding", "Accept", "Connection", "Content-Length", "Content-Type"],
      600,
    ],
    ["java", ["Host", "Content-Type", "Content-Length", "Connection", "Accept-Encoding", "User-Agent"], 600],
  ] as const)("%s sends what its recording has, and nothing else", async (sdk, names, lifetime) => {
    const { text, account } = await givenKeyFile();
    await startKeyFlow(sdk, text, tokenUrl()).getAccessToken();
    const heard = lastHeard();
    expect(heard.line).toBe("POST /oauth/v2/token");
    expect(heard.names).toEqual(names);
    expect(heard.body).toMatch(BODIES[sdk]);
    const assertion = heard.form.get("assertion") ?? "";
    const { kid, aud } = readKeyFile(sdk, text);
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: "RS512", kid, typ: "JWT" });
    const claims = decodeJwt(assertion);
    const { iat = 0, exp = 0, jti } = claims;
    expect(claims).toEqual({ iss: account.email, sub: account.id, aud, jti, iat, exp });
    expect([exp - iat, aud]).toEqual([lifetime, service.url]);
    expect(jti).toMatch(UUID_V4);
  });

  it.each(["go", "python"] as const)("%s asserts anew once its token has expired", async (sdk) => {
    const { text } = await givenKeyFile();
    const flow = startKeyFlow(sdk, text, tokenUrl());
    const first = await flow.getAccessToken();
    const second = await flow.getAccessToken(Date.now() + 2 * HOUR_MS);
    expect(second).not.toBe(first);
    const [one, two] = recorder.heard.map(({ body }) => new URLSearchParams(body).get("assertion") ?? "");
    expect(decodeJwt(one ?? "").jti).not.toBe(decodeJwt(two ?? "").jti);
  });

  it("Java, which can only refresh, is told so in words that it shows", async () => {
    const { text } = await givenKeyFile();
    const flow = startKeyFlow("java", text, tokenUrl());
    await flow.getAccessToken();
    await expect(flow.getAccessToken(Date.now() + HOUR_MS)).rejects.toThrow(
      /^, status code 400, Body: \{"error":"unsupported_grant_type"/,
    );
    expect(lastHeard().body).toBe("grant_type=refresh_token&refresh_token=");
  });
});

/** Go sorts and escapes; Python escapes in its own order; Java leaves colons as they are. */
const BODIES: Readonly<Record<Sdk, RegExp>> = {
  go: /^assertion=[\w-]+\.[\w-]+\.[\w-]+&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer$/,
  python:
    /^grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=[\w-]+\.[\w-]+\.[\w-]+$/,
  java: /^grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=[\w-]+\.[\w-]+\.[\w-]+$/,
};

describe("a refused key flow", () => {
  const changed = (text: string, member: string, value: string) => {
    const file = JSON.parse(text);
    return JSON.stringify({ ...file, credentials: { ...file.credentials, [member]: value } });
  };
  const UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057";

  it.each([
    [
      "a kid that nobody registered",
      (text: string) => changed(text, "kid", UNKNOWN),
      UNKNOWN,
      "key_not_found",
    ],
    ["a kid of another form", (text: string) => changed(text, "kid", "<b>k</b>"), "", "key_not_found"],
    ["another's aud", (text: string) => changed(text, "aud", "https://a.example"), "", "audience_mismatch"],
    ["another's e-mail", (text: string) => changed(text, "iss", "a@b.example"), "", "subject_mismatch"],
  ])(
    "%s: the answer's own words reach whoever runs it, with the SDK's hint",
    async (_name, spoil, said, why) => {
      const { text, project } = await givenKeyFile();
      for (const sdk of SDKS) {
        const error = await failureOf(startKeyFlow(sdk, spoil(text), tokenUrl()));
        expect(error).toMatch(/^, status code 400, Body: \{"error":"invalid_grant","error_description":"/);
        expect(error).toMatch(/Key with kid .*? was not found/);
        expect(error).toContain(said);
        expect(error).not.toContain("<b>");
        expect(error).toMatch(/\nCheck that the key is still registered\.$/);
      }
      expect(await refusalsOf(service, project)).toEqual(SDKS.map(() => why));
    },
  );

  it("a deleted key is one that was not found", async () => {
    const { text, keys } = await givenKeyFile();
    const flow = startKeyFlow("go", text);
    await flow.getAccessToken();
    await call(service, "DELETE", `${keys}/${JSON.parse(text).id}`);
    await expect(flow.getAccessToken(Date.now() + HOUR_MS)).rejects.toThrow(/Key with kid .*? was not found/);
  });
});

describe("the workload identity flow", () => {
  /** A token file as the kubelet or a shell writes it, and the account that trusts its issuer. */
  async function givenWorkload(end: string) {
    const project = `w${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
    const email = await givenTrust(service, issuer.issuer, project);
    const path = join(directory, `${project}.jwt`);
    const token = await issuer.token(githubClaims(), { audience: service.url });
    await writeFile(path, `${token}${end}`);
    return { project, email, path, token };
  }

  it.each([
    ["no newline", "", ""],
    ["a newline", "\n", "%0A"],
    ["a newline as Windows has it", "\r\n", "%0D%0A"],
  ])("sends its file with %s at its end three times, and gets three tokens", async (_name, end, sent) => {
    const { email, path, token } = await givenWorkload(end);
    const tokens = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const flow = startWorkloadIdentityFlow(tokenUrl(), path, email);
      const got = await flow.getAccessToken();
      expect(decodeJwt(got)).toMatchObject({ email, auth_method: "federation" });
      expect(flow.held).toMatchObject({ expires_in: 3600, scope: "", refresh_token: "" });
      expect(pauseBeforeRefreshMs(got)).toBeGreaterThan(HOUR_MS / 2 - 30_000);
      tokens.add(got);
      const type = "urn%3Aschwarz%3Aparams%3Aoauth%3Aclient-assertion-type%3Aworkload-jwt";
      expect(lastHeard().body).toBe(
        `client_assertion=${token}${sent}&client_assertion_type=${type}&client_id=${email.replace("@", "%40")}&grant_type=client_credentials`,
      );
      expect(lastHeard().names).toEqual([
        "Host",
        "User-Agent",
        "Content-Length",
        "Content-Type",
        "Accept-Encoding",
      ]);
    }
    expect(tokens.size).toBe(3);
  });

  it("reads its file anew for each exchange, and surfaces a refusal as it is", async () => {
    const { project, email, path } = await givenWorkload("\n");
    const flow = startWorkloadIdentityFlow(tokenUrl(), path, email);
    await flow.getAccessToken();
    await writeFile(
      path,
      await issuer.token(githubClaims({ repository_id: "1" }), { audience: service.url }),
    );
    const error = await failureOf(flow, Date.now() + HOUR_MS);
    expect(error).toMatch(
      /^, status code 401, Body: \{"error":"invalid_client","error_description":"[^"]+","error_uri":"[^"]+"\}$/,
    );
    expect(await refusalsOf(service, project)).toEqual(["assertion_failed"]);
  });
});

async function failureOf(flow: StackitFlow, nowMs?: number): Promise<string> {
  return flow.getAccessToken(nowMs).then(
    () => "it was granted",
    (error: Error) => error.message,
  );
}
