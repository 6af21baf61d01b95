/**
 * Who calls us now. `workload` is whoever presents a foreign token at the token endpoint, believed or not, and anything
 * else there until it is believed: it has no rights of its own. `service_account` proved itself, by a token of ours, its
 * own key or a trust. `bootstrap` is the operator. `system` is ourselves: the clock, and what we make for nobody.
 */
export type Actor =
  | { readonly type: "bootstrap" }
  | { readonly type: "workload"; readonly issuer: string; readonly subject: string }
  | ServiceAccountActor
  | { readonly type: "system" };

/** An account of ours, and the project that it is in. */
export interface ServiceAccountActor {
  readonly type: "service_account";
  readonly id: string;
  readonly projectId: string;
  /** What it showed: a token of ours by `jti`, its own key by `kid`, or a foreign token by the trust in it. */
  readonly credential: {
    readonly type: "access_token" | "project_token" | "key" | "federation";
    readonly id: string;
  };
}

/** How the record names an actor. A workload's names are foreign text, bounded here. */
export function actorId(actor: Actor): string {
  switch (actor.type) {
    case "bootstrap":
      return "bootstrap";
    case "system":
      return "system";
    case "service_account":
      return actor.id;
    case "workload":
      return `${actor.issuer} ${actor.subject}`.trim().slice(0, ACTOR_ID_MAX_CHARACTERS) || "unknown";
  }
}

const ACTOR_ID_MAX_CHARACTERS = 512;
