import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, type JWK } from "jose";
import { assertionOf, type KeyFile } from "./credentials.ts";
import type { Answer, Service } from "./harness.ts";

/** A pair that a user made, its public half in all the forms that we take. */
export interface OwnKey {
  readonly pem: string;
  readonly certificate: string;
  readonly jwk: JWK;
  readonly privateJwk: JWK;
  readonly privateKey: string;
}

export async function ownKey(alg = "ES256", modulusLength = 2048): Promise<OwnKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength });
  const pem = await exportSPKI(publicKey);
  return {
    pem,
    certificate: certificateOf(pem),
    jwk: await exportJWK(publicKey),
    privateJwk: await exportJWK(privateKey),
    privateKey: await exportPKCS8(privateKey),
  };
}

/** The file of a registered key, with the private half that never left the user. */
export function fileWith(created: Answer, { privateKey }: OwnKey): KeyFile {
  return { ...created.body, credentials: { ...created.body.credentials, privateKey } };
}

/** As `assertionOf`, under the private key of somebody else. */
export function forgedBy(file: KeyFile, forger: KeyFile, claims = {}, header = {}): Promise<string> {
  const { privateKey } = forger.credentials;
  const forged = { ...file, keyAlgorithm: forger.keyAlgorithm };
  return assertionOf({ ...forged, credentials: { ...file.credentials, privateKey } }, claims, header);
}

/** One more account of a project, and a key of it. */
export async function givenNeighbour(service: Service, accounts: string, name = "neighbour") {
  const { body: account } = await service.call("POST", accounts, { name });
  const keys = `${accounts}/${name}/keys`;
  const made = await service.call("POST", keys, { algorithm: "ED25519" });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return { account: account as { id: string; email: string }, keys, file: made.body as KeyFile };
}

/** An X.509 certificate in form; whose signature it bears nobody looks at. */
function certificateOf(pem: string): string {
  const spki = [...bytesOf(pem)];
  const name = der(0x30);
  const algorithm = der(0x30, der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
  const instant = der(0x17, [...new TextEncoder().encode("200101000000Z")]);
  const version = der(0xa0, der(0x02, [2]));
  const fields = [version, der(0x02, [7]), algorithm, name, der(0x30, instant, instant), name, spki];
  const whole = der(0x30, der(0x30, ...fields), algorithm, der(0x03, [0, 1, 2, 3]));
  const base64 = btoa(String.fromCharCode(...whole));
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...contents: readonly (readonly number[])[]): number[] {
  const content = contents.flat();
  const { length } = content;
  return [tag, ...(length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff]), ...content];
}

/** What stands between the lines of a PEM block. */
export function bytesOf(pem: string): Uint8Array {
  const base64 = pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, "");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
