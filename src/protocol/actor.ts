/**
 * Who calls us now. `workload` is whoever presents a token at the token endpoint before it is believed: it has no
 * rights of its own. `service_account` showed a credential of ours. `system` is the clock. Roles will add persons.
 */
export type Actor =
  | { readonly type: "bootstrap" }
  | { readonly type: "workload"; readonly issuer: string; readonly subject: string }
  | ServiceAccountActor
  | { readonly type: "system" };

export interface ServiceAccountActor {
  readonly type: "service_account";
  readonly id: string;
  readonly projectId: string;
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
