import { base64url, calculateJwkThumbprint, exportJWK, exportSPKI, importSPKI } from "jose";
import { accept, Fault, isRecord, parseJson, type Result, refuse } from "../protocol/index.ts";
import { algorithmOf } from "./algorithms.ts";
import { judgeKey, PRIVATE_MEMBERS } from "./key_hygiene.ts";
import { PRIVATE_KEY_SENT, pemOfSpki, type Spki, spkiOfPem, WHAT_FORM, WHAT_KIND } from "./pem.ts";
import { importPublicKey } from "./verify.ts";

/** A key that a user registers for an account, read from whatever form it came in. */
export interface RegisteredKey {
  /** Public members alone, spelled as the runtime spells them, and `alg` where a JWK named one; no `kid`. */
  readonly jwk: PublicJwk;
  /** SHA-256, the same for one key in whatever form. @see RFC 7638 */
  readonly thumbprint: string;
  /** `RSA_<bits of the modulus>`, `EC_P256`, `EC_P384`, `EC_P521` or `ED25519`. */
  readonly keyAlgorithm: string;
}

type PublicJwk = Readonly<Record<string, string>> & { readonly kty: string };
type AnyJwk = Readonly<Record<string, unknown>>;

const TEXT_MAX_CHARACTERS = 16 * 1024;
/** Stands where the rules of key sets want a name; a registered key gets its own from who registers it. */
const KID_TO_COME = "registered";
/** The Workers runtime takes the RSA exponent 65537 alone of those that key sets may have. */
const UNIMPORTABLE =
  "This key cannot be imported: a point beside its curve, an RSA exponent other than 65537, or bytes that were lost. Send it whole, as the tool that made it wrote it.";
const OPENSSH_SENT =
  "This is a key in OpenSSH's own form. Convert it with `ssh-keygen -e -m PKCS8 -f key.pub` and send what that prints; where ssh-keygen cannot, as with Ed25519, make a new pair with openssl.";

const PRIVATE_TEXT = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File/;
const OPENSSH_TEXT = /^(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ |^---- BEGIN SSH2 PUBLIC KEY ----/;
/** With those of the newer AKP keys, and of the key files of STACKIT and Google. */
const PRIVATE_NAMES = [...PRIVATE_MEMBERS, "priv", "privateKey", "private_key"];

/**
 * Reads one public key from PEM (SPKI, PKCS #1, an X.509 certificate, whose validity is not judged) or a JWK. Refuses
 * with a sentence for the user: what is wrong and what to send instead, without a word of what was sent.
 */
export async function readPublicKey(text: string): Promise<Result<RegisteredKey, string>> {
  if (text.length > TEXT_MAX_CHARACTERS) return refuse(`This is longer than 16 KiB. ${WHAT_FORM}`);
  const trimmed = text.trim();
  if (PRIVATE_TEXT.test(trimmed)) return refuse(PRIVATE_KEY_SENT);
  const candidate = await candidateOf(trimmed);
  return candidate.ok ? registeredKeyOf(candidate.value) : candidate;
}

/**
 * The key as PEM of SPKI, with line feeds and none at the end, as private keys are answered. @see RFC 7468 s13
 * @throws Fault `storage` when it is no key that could have been registered
 */
export async function publicKeyPem(jwk: AnyJwk & { readonly kty: string }): Promise<string> {
  const imported = await importPublic(jwk);
  if (imported === undefined) throw new Fault("storage", "A registered key cannot be imported.");
  return exportSPKI(imported);
}

async function candidateOf(text: string): Promise<Result<AnyJwk, string>> {
  if (/^[{[]/.test(text)) return jwkOfJson(text);
  if (OPENSSH_TEXT.test(text)) return refuse(OPENSSH_SENT);
  const spki = spkiOfPem(text);
  return spki.ok ? jwkOfSpki(spki.value) : spki;
}

function jwkOfJson(text: string): Result<AnyJwk, string> {
  const document = parseJson(text);
  if (document === undefined) return refuse(`This begins like JSON and is none. ${WHAT_FORM}`);
  if (holdsPrivateKey(document)) return refuse(PRIVATE_KEY_SENT);
  if (!isRecord(document) || Array.isArray(document.keys)) {
    return refuse("This is a set of keys: send one key, the object that has the kty.");
  }
  if (typeof document.kty !== "string") return refuse(`This is JSON and no JWK: it has no kty. ${WHAT_FORM}`);
  return accept(document);
}

async function jwkOfSpki({ der, alg }: Spki): Promise<Result<AnyJwk, string>> {
  try {
    return accept({ ...(await exportJWK(await importSPKI(pemOfSpki(der), alg))) });
  } catch {
    return refuse(UNIMPORTABLE);
  }
}

/** The same number can be spelled in more than one way: the thumbprint is that of the key as it is exported again. */
async function registeredKeyOf(candidate: AnyJwk): Promise<Result<RegisteredKey, string>> {
  const judged = judgeKey({ ...candidate, kid: KID_TO_COME });
  if (!judged.ok) return refuse(`This key ${judged.refusal}. ${WHAT_KIND}`);
  const imported = await importPublic(judged.value);
  if (imported === undefined) return refuse(UNIMPORTABLE);
  const { kty = "", ...exported } = await exportJWK(imported);
  const members = Object.entries({ ...exported, alg: judged.value.alg });
  const jwk = { kty, ...Object.fromEntries(members.filter(isText)) };
  return accept({ jwk, thumbprint: await calculateJwkThumbprint(jwk), keyAlgorithm: keyAlgorithmOf(jwk) });
}

async function importPublic(jwk: AnyJwk & { readonly kty: string }): Promise<CryptoKey | undefined> {
  const imported = await importPublicKey({ jwk, imported: new Map() }, algorithmOf(jwk));
  return imported.ok ? imported.value : undefined;
}

function keyAlgorithmOf({ kty, n = "", crv = "" }: PublicJwk): string {
  if (kty === "OKP") return "ED25519";
  if (kty === "EC") return `EC_${crv.replace("-", "")}`;
  const [first = 0, ...rest] = base64url.decode(n);
  return `RSA_${rest.length * 8 + first.toString(2).length}`;
}

function holdsPrivateKey(document: unknown): boolean {
  const keys = isRecord(document) ? document.keys : document;
  const places = isRecord(document) ? [document, document.credentials] : [];
  return [...places, ...(Array.isArray(keys) ? keys : [])].some(
    (place) => isRecord(place) && PRIVATE_NAMES.some((name) => Object.hasOwn(place, name)),
  );
}

function isText(member: [name: string, value: unknown]): member is [string, string] {
  return typeof member[1] === "string";
}
