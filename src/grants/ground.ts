import type { Context } from "../deps.ts";
import { type SigningKeyChoice, signingKeysQuery } from "../keyring/index.ts";
import { Fault, secondsOf } from "../protocol/index.ts";
import { readBatch } from "../store/index.ts";
import { type LiveToken, type ProjectTokenUse, projectTokenQuery, seekLiveToken } from "../tokens/index.ts";
import {
  type AccountKey,
  type Anchor,
  accountKeyQuery,
  anchorOf,
  anchorQueries,
  type PersonGround,
  personQuery,
  pinsOf,
} from "../trust/index.ts";
import type { Evidence } from "./evidence.ts";

/** What one decision is made from, read in one batch. */
export interface Ground {
  /** The account with its trusts in the issuer; undefined where there is no such account. */
  readonly anchor: Anchor | undefined;
  /** The account's own key that the assertion names. */
  readonly key: AccountKey | undefined;
  readonly projectToken: ProjectTokenUse | undefined;
  /** The access token of ours by whose account the account is impersonated. */
  readonly parent: LiveToken | undefined;
  /** Who vouches for persons of this issuer, and what the one in the token may do. */
  readonly person: PersonGround | undefined;
  /** Those that may sign now, youngest first. */
  readonly signingKeys: readonly SigningKeyChoice[];
}

/** Longest `client_id` that could name an account. */
const SELECTOR_MAX_CHARACTERS = 320;

/** What is asked of the one read. */
export interface GroundQuestion {
  /** E-mail or id; undefined names nobody. */
  readonly selector: string | undefined;
  readonly evidence: Evidence | undefined;
  /** Which API the token may be wanted for. */
  readonly audiences: readonly string[];
  /** Whether a foreign token may be a person's. */
  readonly mayBePerson: boolean;
  /** Also those that the token's pins leave out. */
  readonly wantsAllTrusts?: boolean;
}

/** Trusts of an account in one issuer from which on it pays to read only those that the token can meet. */
const CROWD_MIN = 8;
const CROWDS_MAX = 5000;

/** What is read alike either way: it only says which query is cheaper. The oldest go first. */
function rememberCrowd(crowds: Set<string>, crowd: string): void {
  const [oldest] = crowds;
  if (crowds.size >= CROWDS_MAX && oldest !== undefined) crowds.delete(oldest);
  crowds.add(crowd);
}

/** The one read batch. What cannot be decoded is anchored all the same: its refusal belongs to a tenant. */
export async function readGround(
  { deps }: Context,
  { selector, evidence, audiences, mayBePerson, wantsAllTrusts }: GroundQuestion,
): Promise<Ground> {
  const { db } = deps;
  const name = (selector ?? "").slice(0, SELECTOR_MAX_CHARACTERS);
  const signing = signingKeysQuery(db, secondsOf(deps.nowMs()));
  const issuer = evidence?.authMethod === "federation" ? evidence.jwt.issuer : "";
  const crowd = `${name} ${issuer}`;
  const isPinned = evidence?.authMethod === "federation" && !wantsAllTrusts && deps.crowds.has(crowd);
  const pins = isPinned ? (pinsOf(evidence.jwt.claims) ?? []) : [];
  const [account, providers] = anchorQueries(db, { selector: name, issuer, pins, audiences });
  const nothing = { key: undefined, projectToken: undefined, parent: undefined, person: undefined };
  switch (evidence?.authMethod) {
    case undefined:
    case "federation": {
      const reads = [account, providers, signing] as const;
      if (!mayBePerson || evidence === undefined) {
        const [accounts, trusts, signingKeys] = await readBatch(db, reads);
        if (trusts.length > CROWD_MIN) rememberCrowd(deps.crowds, crowd);
        return { ...nothing, anchor: anchorOf(accounts, trusts), signingKeys };
      }
      const asPerson = personQuery(db, evidence.jwt, name);
      const [accounts, trusts, signingKeys, [person]] = await readBatch(db, [...reads, asPerson]);
      if (trusts.length > CROWD_MIN) rememberCrowd(deps.crowds, crowd);
      return { ...nothing, anchor: anchorOf(accounts, trusts), signingKeys, person };
    }
    case "key": {
      const own = accountKeyQuery(db, name, evidence.jwt.kid);
      const [accounts, [key], signingKeys] = await readBatch(db, [account, own, signing]);
      return { ...nothing, anchor: anchorOf(accounts, []), key, signingKeys };
    }
    case "project_token": {
      const row = projectTokenQuery(db, { id: evidence.token.id });
      const [accounts, [projectToken], signingKeys] = await readBatch(db, [account, row, signing]);
      return { ...nothing, anchor: anchorOf(accounts, []), projectToken, signingKeys };
    }
    case "impersonation": {
      const sought = await seekLiveToken(deps, { text: evidence.compact, wantsRights: true });
      if (sought === undefined) throw new Fault("storage", "a token of ours without claims of ours");
      const [accounts, [row], signingKeys] = await readBatch(db, [account, sought.query, signing]);
      const parent = await sought.judge(row);
      return { ...nothing, anchor: anchorOf(accounts, []), parent, signingKeys };
    }
  }
}
