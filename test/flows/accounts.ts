/** Accounts with a key, on a built Worker. */
import { call, type Target } from "./clients.ts";

export interface GivenKey {
  readonly project: string;
  readonly account: { readonly id: string; readonly email: string };
  readonly keys: string;
  /** The key file's bytes, exactly as `POST …/keys` answered them. */
  readonly text: string;
}

/** A fresh project with one account, `deployer`, and a key that the service made for it. */
export async function givenKey(
  target: Target,
  key: Readonly<Record<string, unknown>> = {},
  account: Readonly<Record<string, unknown>> = {},
): Promise<GivenKey> {
  const project = `p${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  await call(target, "POST", "/v1/projects", { name: project });
  const accounts = `/v1/projects/${project}/service-accounts`;
  const { body } = await call(target, "POST", accounts, { name: "deployer", ...account });
  const keys = `${accounts}/deployer/keys`;
  const response = await fetch(`${target.url}${keys}`, {
    method: "POST",
    headers: { authorization: `Bearer ${target.bootstrapToken}`, "content-type": "application/json" },
    body: JSON.stringify(key),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(text);
  return { project, account: { id: String(body.id), email: String(body.email) }, keys, text };
}

/** The reasons of a project's refused exchanges, the last first. */
export async function refusalsOf(target: Target, project: string): Promise<readonly string[]> {
  const { body } = await call(target, "GET", `/v1/projects/${project}/audit-events?outcome=refused`);
  return (body.items as unknown as { reason: string }[]).map(({ reason }) => reason);
}
