import { randomUUID } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import { must, post, type Target } from "./clients.ts";
import { givenStaff, type Staff } from "./staff.ts";

interface Account {
  readonly id: string;
  readonly email: string;
}
interface Key {
  readonly id: string;
  readonly privateKey: string;
}

/** Another account, with a token of its own, and the staff; both may act as the account. */
export interface Impersonator {
  readonly path: string;
  readonly keyPath: string;
  readonly token: string;
  readonly staff: Staff;
}

/** Bound before the token is got: its scope is from its day. */
export async function givenImpersonator(target: Target, projectPath: string): Promise<Impersonator> {
  const made = await must(target, "POST", `${projectPath}/service-accounts`, { name: "boss" });
  const account = { id: String(made.id), email: String(made.email) };
  const path = `${projectPath}/service-accounts/${account.id}`;
  const key = await must(target, "POST", `${path}/keys`, { algorithm: "ED25519" });
  const { privateKey } = key.credentials as { privateKey: string };
  const staff = await givenStaff(target);
  const resource = { type: "service_account", serviceAccount: "deployer" };
  for (const principal of [{ type: "service_account", serviceAccount: "boss" }, staff.person("ada")])
    await must(target, "POST", `${projectPath}/role-bindings`, {
      principal,
      role: "token-creator",
      resource,
    });
  const { text } = await keyFlow(target, account, { id: String(key.id), privateKey });
  return { path, keyPath: `${path}/keys/${key.id}`, token: String(JSON.parse(text).access_token), staff };
}

/** An account's own assertion against a token. */
export async function keyFlow(target: Target, account: Account, key: Key) {
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: "EdDSA", kid: key.id })
    .setIssuer(account.email)
    .setSubject(account.id)
    .setAudience(target.url)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(await importPKCS8(key.privateKey, "EdDSA"));
  return post(target, "/oauth/v2/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion,
  });
}
