import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import type { Config, SigningAlgorithm } from "../config.ts";
import type { schema } from "../store/index.ts";
import { seal } from "./seal.ts";

/** A signing key as the database has it. */
export type SigningKeyRow = typeof schema.signingKey.$inferSelect;

/** What signing takes. */
export type SealedSigningKey = Pick<SigningKeyRow, "kid" | "algorithm" | "sealedPrivateKey" | "sealingKeyId">;

/** Size in bits of the RSA keys that we make. */
const RSA_MODULUS_BITS = 2048;

/** A new key, sealed, named by its thumbprint; instants in seconds. @see RFC 7638 */
export async function generateSigningKey(
  config: Config,
  algorithm: SigningAlgorithm,
  createdAt: number,
  activatesAt: number,
): Promise<SigningKeyRow> {
  const options = { extractable: true, modulusLength: RSA_MODULUS_BITS };
  const { privateKey, publicKey } = await generateKeyPair(algorithm, options);
  const publicMembers = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicMembers);
  const { sealed, sealingKeyId } = await seal(config, JSON.stringify(await exportJWK(privateKey)), kid);
  return {
    kid,
    algorithm,
    publicJwk: { ...(publicMembers as Record<string, string>), kid, use: "sig", alg: algorithm },
    sealedPrivateKey: sealed,
    sealingKeyId,
    createdAt,
    activatesAt,
    expiresAt: null,
  };
}
