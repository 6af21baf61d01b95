/**
 * Who calls us now. `workload` is whoever presents a foreign token at the token endpoint: it has no rights of its
 * own. `system` is the clock. Roles will add service accounts and persons.
 */
export type Actor =
  | { readonly type: "bootstrap" }
  | { readonly type: "workload"; readonly issuer: string; readonly subject: string }
  | { readonly type: "system" };

/** How the record names an actor. A workload's names are foreign text, bounded here. */
export function actorId(actor: Actor): string {
  switch (actor.type) {
    case "bootstrap":
      return "bootstrap";
    case "system":
      return "system";
    case "workload":
      return `${actor.issuer} ${actor.subject}`.trim().slice(0, ACTOR_ID_MAX_CHARACTERS) || "unknown";
  }
}

const ACTOR_ID_MAX_CHARACTERS = 512;
