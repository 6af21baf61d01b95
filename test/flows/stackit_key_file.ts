/** The key file as the three STACKIT SDKs read it, each with its own strictness. */
import { createPrivateKey, type KeyObject } from "node:crypto";

export type Sdk = "go" | "python" | "java";

export interface StackitKey {
  readonly kid: string;
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly tokenEndpoint: string | undefined;
  readonly privateKey: KeyObject;
}

type Members = Readonly<Record<string, unknown>>;

/** @throws Error that names the member which this SDK would stumble over */
export function readKeyFile(sdk: Sdk, text: string): StackitKey {
  const file = membersOf(JSON.parse(text), "the file");
  const credentials = membersOf(file.credentials, "credentials");
  CHECKS[sdk](file, credentials);
  const [kid, iss, sub, aud, pem] = ["kid", "iss", "sub", "aud", "privateKey"].map((name) =>
    stringOf(credentials, name),
  ) as [string, string, string, string, string];
  const privateKey = sdk === "java" ? javaPrivateKey(pem) : createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== "rsa") throw new Error(`${sdk}: privateKey is no RSA key`);
  const { tokenEndpoint } = credentials;
  return {
    ...{ kid, iss, sub, aud, privateKey },
    // Python and Java do not know this member.
    tokenEndpoint: sdk === "go" && typeof tokenEndpoint === "string" ? tokenEndpoint : undefined,
  };
}

const CHECKS: Readonly<Record<Sdk, (file: Members, credentials: Members) => void>> = {
  go: (file, credentials) => {
    uuidOf(file, "id");
    uuidOf(credentials, "sub");
    for (const name of ["createdAt", "validUntil"]) optional(file, name, timeOf);
    for (const name of ["keyAlgorithm", "keyOrigin", "keyType", "publicKey"]) optional(file, name, stringOf);
    optional(file, "active", booleanOf);
    optional(credentials, "tokenEndpoint", stringOf);
  },
  python: (file, credentials) => {
    booleanOf(file, "active");
    timeOf(file, "createdAt");
    optional(file, "validUntil", timeOf);
    for (const name of ["id", "keyAlgorithm", "keyOrigin", "keyType", "publicKey"]) stringOf(file, name);
    for (const name of ["aud", "iss", "kid", "sub"]) stringOf(credentials, name);
  },
  java: (file) => optional(file, "validUntil", timeOf),
};

function membersOf(value: unknown, what: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${what} is no object`);
  return value as Members;
}

function optional(members: Members, name: string, check: (members: Members, name: string) => unknown): void {
  if (members[name] !== undefined && members[name] !== null) check(members, name);
}

function stringOf(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== "string") throw new Error(`${name} is no string`);
  return value;
}

function booleanOf(members: Members, name: string): void {
  if (typeof members[name] !== "boolean") throw new Error(`${name} is no boolean`);
}

function uuidOf(members: Members, name: string): void {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
  if (!uuid.test(stringOf(members, name))) throw new Error(`${name} is no UUID`);
}

/** RFC 3339 with an offset: Go knows no other form. */
function timeOf(members: Members, name: string): void {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  if (!time.test(stringOf(members, name))) throw new Error(`${name} is no RFC 3339 time`);
}

/** Takes this header, this footer and line feeds away; what is left must be base64 and nothing else. */
function javaPrivateKey(pem: string): KeyObject {
  const base64 = pem
    .replace("-----BEGIN PRIVATE KEY-----", "")
    .replace("-----END PRIVATE KEY-----", "")
    .replaceAll("\n", "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error("java: illegal base64 character in privateKey");
  return createPrivateKey({ key: Buffer.from(base64, "base64"), format: "der", type: "pkcs8" });
}
