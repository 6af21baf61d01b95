import type { Context } from "../deps.ts";
import { listSigningKeys, type Rotation, rotateSigningKey, type SigningKeyItem } from "../keyring/index.ts";
import { accept, type Problem, type Result } from "../protocol/index.ts";
import { attempt, permitted } from "./attempt.ts";
import { placeOfService } from "./places.ts";

/** The keyring is the service's own: it lies in no project. */
const service = { found: accept(true), place: placeOfService } as const;

/** The states of our signing keys, for an operator. */
export async function getSigningKeys(context: Context): Promise<Result<readonly SigningKeyItem[], Problem>> {
  return permitted(context, { ...service, permission: "signing-keys:read" }, async () =>
    accept(await listSigningKeys(context.deps)),
  );
}

/** Publishes successors of our signing keys and answers the configured algorithm's. */
export async function rotateSigningKeys(context: Context): Promise<Result<Rotation, Problem>> {
  const access = { ...service, permission: "signing-keys:rotate", action: "signing_key.rotate" } as const;
  return attempt(context, access, async () => accept(await rotateSigningKey(context)));
}
