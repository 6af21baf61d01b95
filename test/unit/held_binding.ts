import type { HeldBinding } from "../../src/protocol/index.ts";

/** One permission for one account on a whole project, without a condition; but for what a test says. */
export function heldBinding(members: Partial<HeldBinding> = {}): HeldBinding {
  return {
    id: "b1",
    projectId: "p1",
    principalType: "service_account",
    principalId: "s1",
    effect: "allow",
    permissions: ["orders:read"],
    resource: { type: "project", id: "p1", path: "" },
    condition: null,
    assertions: null,
    ...members,
  };
}
