import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** Public test data, beside the checkout; it is not ours to ship. */
const FOLDER = resolve(import.meta.dirname, "../../../shared/vectors");

export const hasVectors = existsSync(FOLDER);

/** @param path below the folder of vectors */
export function readVectors<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(resolve(FOLDER, path), "utf8")) as Shape;
}

export type Jwk = Readonly<Record<string, unknown>>;

/** A group of Wycheproof's JWS and JWK files: one key or key set, and tokens for it. */
export interface JoseGroup {
  readonly comment: string;
  readonly public?: Jwk;
  readonly private: Jwk;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    /** An object where it is a JSON serialization. */
    readonly jws?: unknown;
    readonly jwe?: unknown;
    readonly result: "valid" | "invalid";
  }[];
}

/** A token of a vector, with the keys that its receiver holds. */
export interface TokenVector {
  readonly name: string;
  readonly isValid: boolean;
  readonly token: string;
  readonly keys: readonly Jwk[];
}

/** Every token of a file; a receiver holds the public key, or the symmetric one where there is no other. */
export function tokenVectors(file: string): readonly TokenVector[] {
  const { testGroups } = readVectors<{ testGroups: readonly JoseGroup[] }>(file);
  return testGroups.flatMap((group) => {
    const keys = keysOf(group.public ?? group.private);
    return group.tests.map(({ tcId, comment, jws, jwe, result }) => {
      const token = jws ?? jwe ?? "";
      return {
        name: `${tcId} ${group.comment} ${comment}`,
        isValid: result === "valid",
        token: typeof token === "string" ? token : JSON.stringify(token),
        keys,
      };
    });
  });
}

function keysOf(jwkOrSet: Jwk): readonly Jwk[] {
  return Array.isArray(jwkOrSet.keys) ? jwkOrSet.keys : [jwkOrSet];
}

/** How often each outcome came, for a look at what a run did. */
export function tally(outcomes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
