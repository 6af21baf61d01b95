import type { Config } from "./config.ts";
import type { SigningKeyCache } from "./keyring/index.ts";
import type { Actor } from "./protocol/index.ts";
import type { Database } from "./store/index.ts";
import type { FeedCache } from "./tokens/index.ts";
import type { KeyCache } from "./trust/index.ts";

/** What the rooms are given. Built once per isolate by `app.ts`; holds nothing of any one request. */
export interface Deps {
  readonly config: Config;
  readonly db: Database;
  /** The part of the issuers' keys that isolates share; eventually consistent, so it never decides. */
  readonly kv: KVNamespace;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly fetch: typeof fetch;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
  /** What we verify with, in this isolate's memory: issuers' keys, never longer than in KV, and accounts' own. */
  readonly keyCache: KeyCache;
  /** The feed of revoked tokens as this isolate signed it last. */
  readonly feedCache: FeedCache;
  /** Tokens whose look this isolate has noted, and until when: integer seconds. */
  readonly notedTokens: Map<string, number>;
  /** Accounts, by selector and issuer, that this isolate saw to have many trusts in it. */
  readonly crowds: Set<string>;
  /** Our opened signing keys in this isolate's memory. */
  readonly signingKeys: SigningKeyCache;
}

/** What every record says of the request that caused it. */
export interface RequestInfo {
  readonly id: string;
  /** From the platform; null off it. Recorded, and what conditions of role bindings ask. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly startedAtMs: number;
  /** Lets work that the answer need not wait for finish after it. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** First argument of every verb: what it is given, for whom, and because of which request. */
export interface Context {
  readonly deps: Deps;
  readonly request: RequestInfo;
  readonly actor: Actor;
}
