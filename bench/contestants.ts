/** Who competes: each is started warm and empty but for its accounts, in a folder of its own on disk. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { type LocalWorker, startLocalWorker } from "../scripts/local_worker.ts";
import { PROJECT_ROOT } from "../scripts/wrangler.ts";
import { startChild } from "./child.ts";
import type { LoadTarget } from "./load.ts";
import type { ProviderOrder } from "./oidc_provider_process.ts";
import { emailOf, type OldTokens, seedAccounts, seedSigningKey, seedTokens } from "./seed.ts";
import type { Supply } from "./supply.ts";
import { type Accounts, federation, foreignForms, PROJECT_TOKEN_KEY, type Traffic } from "./traffic.ts";

export interface Contestant {
  readonly name: string;
  readonly target: LoadTarget;
  /** Where each body is good once. */
  readonly supply?: Supply;
  /** Whether each answer leaves a record, or none. */
  readonly isRecorded: boolean;
  /** Exchanges that it has on record. */
  countRecords(): Promise<number>;
  close(): Promise<void>;
}

export interface Setting extends Accounts {
  /** Absent: exchanges of foreign tokens. */
  readonly traffic?: Traffic;
  /** In the database besides. */
  readonly oldTokens?: OldTokens;
}

export type WorkerContestant = Contestant & { readonly miniflare: LocalWorker["miniflare"] };

/** The service as it is deployed: its bundle, in workerd. */
export function startCountersign(setting: Setting): Promise<WorkerContestant> {
  return assemble(async (directory, cleanup) => {
    const worker = await startLocalWorker({ directory, vars: { PROJECT_TOKEN_KEY } });
    cleanup.defer(worker.close);
    return workerContestant("countersign", worker, setting);
  });
}

/** The floor Worker, through the same door. Its signing key is made here; the service makes its own. */
export function startFloor(setting: Setting): Promise<Contestant & { readonly signingKey: JWK }> {
  return assemble(async (directory, cleanup) => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const signingKey = { ...publicJwk, kid: await calculateJwkThumbprint(publicJwk) };
    const vars = {
      PROJECT_TOKEN_KEY,
      FOREIGN_JWK: JSON.stringify(setting.issuer.publicJwk),
      SIGNING_JWK: JSON.stringify(await exportJWK(privateKey)),
    };
    const worker = await startLocalWorker({ directory, scriptPath: await bundleFloor(), vars });
    cleanup.defer(worker.close);
    await seedSigningKey(await worker.miniflare.getD1Database("DB"), signingKey);
    return { ...(await workerContestant("floor", worker, setting)), signingKey };
  });
}

async function bundleFloor(): Promise<string> {
  const outfile = join(PROJECT_ROOT, "dist", "bench", "floor_worker.js");
  const entryPoints = [fileURLToPath(new URL("./floor_worker.ts", import.meta.url))];
  await build({ entryPoints, outfile, bundle: true, format: "esm", target: "esnext" });
  return outfile;
}

async function workerContestant(
  name: string,
  worker: LocalWorker,
  setting: Setting,
): Promise<Omit<WorkerContestant, "close">> {
  const d1 = await worker.miniflare.getD1Database("DB");
  await seedAccounts(d1, setting.issuer.issuer, setting.accounts);
  if (setting.oldTokens !== undefined) {
    await seedTokens(d1, setting.accounts, worker.url, setting.oldTokens);
  }
  const asked = await (setting.traffic ?? federation)(worker, d1, setting);
  const countRecords = async () => {
    const counted = await d1.batch<{ rows: number }>([
      d1.prepare("SELECT count(*) AS rows FROM access_token WHERE expires_at > unixepoch()"),
      d1.prepare("SELECT count(*) AS rows FROM audit_event WHERE action = 'access_token.exchange'"),
    ]);
    return Math.min(...counted.map(({ results }) => results[0]?.rows ?? 0));
  };
  const { target, supply, isRecorded } = asked;
  return {
    ...{ name, target, isRecorded, countRecords, miniflare: worker.miniflare },
    ...(supply && { supply }),
  };
}

/** `oidc-provider` with a token-exchange grant on SQLite, in a process of its own. */
export function startOidcProvider(setting: Setting): Promise<Contestant> {
  return assemble(async (directory, cleanup) => {
    const child = startChild("./oidc_provider_process.ts");
    cleanup.defer(child.close);
    const { issuer, publicJwk } = setting.issuer;
    const emails = Array.from({ length: setting.accounts }, (_, index) => emailOf(index));
    child.send({ directory, issuer, publicJwk, emails } satisfies ProviderOrder);
    const { url } = (await child.answer()) as { url: string };
    const target = { url: `${url}/token`, bodies: await foreignForms(setting, url) };
    const countRecords = async () => {
      child.send("count");
      return ((await child.answer()) as { rows: number }).rows;
    };
    return { name: "oidc-provider", target, isRecorded: true, countRecords };
  });
}

type Parts = Omit<Contestant, "close">;

/** A folder for it, and whatever it starts: all of it goes at `close()`, or at once when it does not start. */
async function assemble<Started extends Parts>(
  start: (directory: string, cleanup: AsyncDisposableStack) => Promise<Started>,
): Promise<Started & Pick<Contestant, "close">> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "countersign-bench-"));
  // Miniflare ends the process on a signal: what is to be done then has to be done at once.
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  cleanup.defer(() => {
    process.off("exit", remove);
    remove();
  });
  const started = await start(directory, cleanup);
  const owned = cleanup.move();
  return { ...started, close: () => owned.disposeAsync() };
}
