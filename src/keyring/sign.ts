import { CompactSign, importJWK, type JWK } from "jose";
import type { Deps } from "../deps.ts";
import { Fault } from "../protocol/index.ts";
import type { SealedSigningKey } from "./generate.ts";
import { unseal } from "./seal.ts";

/** Opened private keys by kid, not extractable, for as long as the isolate lives. */
export type SigningKeyCache = Map<string, CryptoKey>;

/** Two keys of each algorithm sign in the time of an isolate, the old and the new one; more would be a leak. */
const OPENED_KEYS_MAX = 8;

/** Empty, for one isolate. */
export function newSigningKeyCache(): SigningKeyCache {
  return new Map();
}

/** Signs claims as a compact JWS under this key. @throws Fault `keyring` when the key cannot be opened */
export async function signJwt(
  deps: Deps,
  key: SealedSigningKey,
  typ: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const privateKey = await openSigningKey(deps, key);
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ })
    .sign(privateKey);
}

async function openSigningKey(deps: Deps, key: SealedSigningKey): Promise<CryptoKey> {
  const opened = deps.signingKeys.get(key.kid);
  if (opened !== undefined) return opened;
  const { sealedPrivateKey: sealed, sealingKeyId } = key;
  if (sealed === null || sealingKeyId === null) {
    throw new Fault("keyring", `signing key ${key.kid} has no private half any more`);
  }
  // What the seal holds, `generateSigningKey` wrote: a JWK, or it would not open.
  const jwk = JSON.parse(await unseal(deps.config, { sealed, sealingKeyId }, key.kid)) as JWK;
  const privateKey = await importJWK(jwk, key.algorithm, { extractable: false });
  if (!(privateKey instanceof CryptoKey))
    throw new Fault("keyring", `signing key ${key.kid} is not asymmetric`);
  if (deps.signingKeys.size >= OPENED_KEYS_MAX) deps.signingKeys.clear();
  deps.signingKeys.set(key.kid, privateKey);
  return privateKey;
}
