import { importJWK, jwtVerify } from "jose";
import type { SigningAlgorithm } from "../../src/config.ts";
import {
  ensureSigningKey,
  listSigningKeys,
  OWN_KEY_SET_MAX_AGE_SECONDS,
  publicKeySet,
  signJwt,
  tendSigningKeys,
} from "../../src/keyring/index.ts";
import type { Database } from "../../src/store/index.ts";
import { onBatch } from "./given.ts";
import { type Clock, givenApi, givenNoKeys, isolateAt, storedKeys } from "./keys_given.ts";

export const MARGIN_SECONDS = 300;
export const PUBLISHED_BEFORE_USE_SECONDS = OWN_KEY_SET_MAX_AGE_SECONDS + 60;
export const PERIOD_SECONDS = 30 * 24 * 3600;
export const DAY_SECONDS = 24 * 3600;

/** The clock's work, in an isolate of its own. */
export function tend(
  db: Database,
  clock: Clock,
  config: { readonly signingAlgorithm?: SigningAlgorithm } = {},
) {
  return tendSigningKeys(isolateAt(db, clock, config));
}

/** A key of ES256, which is configured, and one of EdDSA, which an API wants; both known to all verifiers. */
export async function givenTwo(db: Database) {
  const clock = await givenNoKeys(db);
  const api = await givenApi(db, "EdDSA");
  const { kid: edDsa } = await ensureSigningKey(isolateAt(db, clock), "EdDSA");
  const { kid: es256 } = await ensureSigningKey(isolateAt(db, clock));
  clock.now += DAY_SECONDS;
  return { clock, api, edDsa, es256 };
}

/** What is stored: `algorithm kid`, with `-` behind it where the private half is gone; sorted. */
export async function halves(db: Database): Promise<readonly string[]> {
  const rows = await storedKeys(db);
  return rows
    .map(
      ({ algorithm, kid, sealedPrivateKey }) => `${algorithm} ${kid}${sealedPrivateKey === null ? "-" : ""}`,
    )
    .sort();
}

/** The youngest that is stored of this algorithm. */
export async function kidOf(db: Database, algorithm: SigningAlgorithm): Promise<string> {
  const [row] = (await storedKeys(db)).filter((key) => key.algorithm === algorithm);
  return row?.kid ?? "";
}

/** What an operator is told, by kid. */
export async function states(db: Database, clock: Clock): Promise<Readonly<Record<string, string>>> {
  const items = await listSigningKeys(isolateAt(db, clock).deps);
  return Object.fromEntries(items.map(({ kid, state }) => [kid, state]));
}

/** Whether the key set that is published now verifies this token. */
export async function verifies(db: Database, clock: Clock, token: string): Promise<boolean> {
  const { keys } = await publicKeySet(isolateAt(db, clock));
  const checks = keys.map(async (jwk) => jwtVerify(token, await importJWK(jwk, jwk.alg)));
  return (await Promise.allSettled(checks)).some(({ status }) => status === "fulfilled");
}

/** A token that an isolate of its own signs. */
export async function tokenOf(
  db: Database,
  clock: Clock,
  algorithm: SigningAlgorithm | null,
): Promise<string> {
  const isolate = isolateAt(db, clock);
  return signJwt(isolate.deps, await ensureSigningKey(isolate, algorithm), "at+jwt", { sub: "x" });
}

/** The same database, on which something happens just before the first, the second, ... batch that retires a key. */
export function beforeRetirements(
  db: Database,
  ...happenings: readonly (() => Promise<unknown>)[]
): { readonly db: Database; readonly retirements: () => number } {
  let retirements = 0;
  const watched = onBatch(db, async (statements) => {
    const [guarded] = statements as readonly { toSQL?(): { readonly sql: string } }[];
    if (/update .signing_key/i.test(guarded?.toSQL?.().sql ?? "")) await happenings[retirements++]?.();
    return db.batch(statements);
  });
  return { db: watched, retirements: () => retirements };
}
