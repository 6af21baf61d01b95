import { exportJWK, exportPKCS8, generateKeyPair, type JWK } from "jose";

/** Key pairs that we make for an account, by STACKIT's names and two of the same kind. */
const GENERATORS = {
  RSA_2048: { alg: "RS512", modulusLength: 2048 },
  RSA_4096: { alg: "RS512", modulusLength: 4096 },
  EC_P256: { alg: "ES256" },
  ED25519: { alg: "EdDSA" },
} as const;

/** One of those names. */
export type AccountKeyAlgorithm = keyof typeof GENERATORS;

/** All of them. The cast gives back what `Object.keys` forgets: a constant of our own has no other members. */
export const ACCOUNT_KEY_ALGORITHMS = Object.keys(GENERATORS) as readonly AccountKeyAlgorithm[];

/** A pair for somebody else: the private half is answered once and kept nowhere. */
export interface AccountKeyPair {
  readonly publicJwk: JWK;
  /** PEM of PKCS #8 with line feeds: the one form that all STACKIT SDKs read. @see RFC 7468 s10 */
  readonly privateKey: string;
}

/** Makes such a pair. */
export async function generateAccountKey(algorithm: AccountKeyAlgorithm): Promise<AccountKeyPair> {
  const { alg, ...size } = GENERATORS[algorithm];
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...size });
  return { publicJwk: await exportJWK(publicKey), privateKey: await exportPKCS8(privateKey) };
}
