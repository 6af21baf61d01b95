import type { ActingParty } from "./act.ts";
import type { HeldBinding } from "./role_binding.ts";

/**
 * Who calls us now. `workload` is whoever presents a foreign token at the token endpoint, believed or not, and anything
 * else there until it is believed: it has no rights of its own. `service_account` proved itself, by a token of ours, its
 * own key or a trust; `person` by an ID token. `bootstrap` is the operator. `system` is ourselves: the clock, and what
 * we make for nobody.
 */
export type Actor =
  | { readonly type: "bootstrap" }
  | { readonly type: "workload"; readonly issuer: string; readonly subject: string }
  | ServiceAccountActor
  | PersonActor
  | { readonly type: "system" };

/** Those whose rights are role bindings. */
export type Principal = ServiceAccountActor | PersonActor;

/** Whether an actor's rights are role bindings: an account's, or a person's. */
export function isPrincipal(actor: Actor): actor is Principal {
  return actor.type === "service_account" || actor.type === "person";
}

/** An account of ours, and the project that it is in. */
export interface ServiceAccountActor extends Held {
  readonly type: "service_account";
  readonly id: string;
  readonly projectId: string;
  /** What it showed: a token of ours by `jti`, its own key by `kid`, or a foreign token by the trust in it. */
  readonly credential: {
    readonly type: "access_token" | "project_token" | "key" | "federation";
    readonly id: string;
    /** Integer seconds, of a token of ours. */
    readonly expiresAt?: number | undefined;
  };
  /** Who acts as this account, the nearest first; nobody where it acts itself. */
  readonly act: readonly ActingParty[];
}

/** Somebody whom an identity provider of the operator's vouches for. */
export interface PersonActor extends Held {
  readonly type: "person";
  readonly identityProviderId: string;
  /** At which the provider vouched for him. */
  readonly identityProviderVersion: number;
  readonly issuer: string;
  readonly subject: string;
  /** Only where the provider says that it is his. */
  readonly email: string | null;
  readonly groups: readonly string[];
  /** What his ID token says of who may act for him; undefined where it says nothing. @see RFC 8693 s4.4 */
  readonly mayAct: unknown;
  /** Integer seconds: when his ID token ends. */
  readonly expiresAt: number;
}

/** What an actor may do, as the database had it when the call came. */
export interface Held {
  readonly bindings: readonly HeldBinding[];
  /** What his token was cut down to; null where it was not. */
  readonly scope: readonly string[] | null;
  /** `grants_version` of the project that the call is about, as the bindings were read; null where nobody asked. */
  readonly grantsVersion: number | null;
}

/** Of an actor that is recorded and decides nothing. */
export const HOLDS_NOTHING: Held = { bindings: [], scope: [], grantsVersion: null };

/** How the record names an actor. A workload's names are foreign text, bounded here, and so are a person's. */
export function actorId(actor: Actor): string {
  switch (actor.type) {
    case "bootstrap":
      return "bootstrap";
    case "system":
      return "system";
    case "service_account":
      return actor.id;
    case "person":
    case "workload":
      return `${actor.issuer} ${actor.subject}`.trim().slice(0, ACTOR_ID_MAX_CHARACTERS) || "unknown";
  }
}

const ACTOR_ID_MAX_CHARACTERS = 512;
