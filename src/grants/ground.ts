import type { Context } from "../deps.ts";
import { currentSigningKeyQuery, type SealedSigningKey } from "../keyring/index.ts";
import { secondsOf } from "../protocol/index.ts";
import { readBatch } from "../store/index.ts";
import { type ProjectTokenUse, projectTokenQuery } from "../tokens/index.ts";
import { type AccountKey, type Anchor, accountKeyQuery, anchorOf, anchorQueries } from "../trust/index.ts";
import type { Evidence } from "./evidence.ts";

/** What one decision is made from, read in one batch. */
export interface Ground {
  /** The account with its trusts in the issuer; undefined where there is no such account. */
  readonly anchor: Anchor | undefined;
  /** The account's own key that the assertion names. */
  readonly key: AccountKey | undefined;
  readonly projectToken: ProjectTokenUse | undefined;
  readonly signingKey: SealedSigningKey | undefined;
}

/** Longest `client_id` that could name an account. */
const SELECTOR_MAX_CHARACTERS = 320;

/**
 * The one read batch. What cannot be decoded is anchored all the same: its refusal belongs to a tenant.
 * @param selector e-mail or id; undefined names nobody
 */
export async function readGround(
  { deps }: Context,
  selector: string | undefined,
  evidence: Evidence | undefined,
): Promise<Ground> {
  const { db } = deps;
  const name = (selector ?? "").slice(0, SELECTOR_MAX_CHARACTERS);
  const signing = currentSigningKeyQuery(db, secondsOf(deps.nowMs()));
  const issuer = evidence?.authMethod === "federation" ? evidence.jwt.issuer : "";
  const [account, providers] = anchorQueries(db, name, issuer);
  const ground = { key: undefined, projectToken: undefined };
  switch (evidence?.authMethod) {
    case undefined:
    case "federation": {
      const [accounts, trusts, keys] = await readBatch(db, [account, providers, signing]);
      return { ...ground, anchor: anchorOf(accounts, trusts), signingKey: keys[0] };
    }
    case "key": {
      const own = accountKeyQuery(db, name, evidence.jwt.kid);
      const [accounts, [key], keys] = await readBatch(db, [account, own, signing]);
      return { ...ground, anchor: anchorOf(accounts, []), key, signingKey: keys[0] };
    }
    case "project_token": {
      const row = projectTokenQuery(db, { id: evidence.token.id });
      const [accounts, [projectToken], keys] = await readBatch(db, [account, row, signing]);
      return { ...ground, anchor: anchorOf(accounts, []), projectToken, signingKey: keys[0] };
    }
  }
}
