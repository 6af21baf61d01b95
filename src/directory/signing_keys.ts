import type { Context } from "../deps.ts";
import { listSigningKeys, rotateSigningKey, type SigningKeyItem } from "../keyring/index.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import { authorize } from "../rbac/index.ts";
import { recorded } from "./recorded.ts";

/** The states of our signing keys, for an operator. */
export async function getSigningKeys(context: Context): Promise<Result<readonly SigningKeyItem[], Problem>> {
  const allowed = authorize(context.actor, "signing-keys:read", {});
  return allowed.ok ? accept(await listSigningKeys(context.deps)) : allowed;
}

/** Publishes the successor of the signing key; `created` is false where one waits already. */
export async function rotateSigningKeys(
  context: Context,
): Promise<Result<{ readonly created: boolean; readonly key: SigningKeyItem }, Problem>> {
  const event = { action: "signing_key.rotate", target: { type: "signing_key" } } as const;
  return recorded(context, event, async () => {
    const allowed = authorize(context.actor, "signing-keys:rotate", {});
    return allowed.ok ? accept(await rotateSigningKey(context)) : allowed;
  });
}
