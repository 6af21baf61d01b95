import type { MemberProblem, Problem } from "../protocol/index.ts";

/** A body with one bad member. */
export function badMember(pointer: string, code: string, detail: string): Problem {
  return { code: "invalid_body", detail, errors: [{ pointer, code, detail }] };
}

/** A body whose members are each what they may be, and together cannot be stored. @param what it would be */
export function notStorable(what: string, errors: readonly MemberProblem[]): Problem {
  const detail = `This ${what} cannot be stored as it is. ${errors[0]?.detail ?? ""}`.trim();
  return { code: "invalid_body", detail, errors };
}

/** @param what it is, and within what its name is its own */
export function nameTaken(what: string, name: string): Problem {
  const detail = `Another ${what} is named ${name}.`;
  return { code: "name_taken", detail, errors: [memberTaken("/name", detail)] };
}

/** A member that only one may have, and another one has. */
export function memberTaken(pointer: string, detail: string): MemberProblem {
  return { pointer, code: "name_taken", detail };
}

/** What a unique index objected to, once it is known: nothing, where the rival has gone since. */
export function taken(errors: readonly MemberProblem[]): Problem {
  if (errors.length === 0) return CHANGED_MEANWHILE;
  return { code: "name_taken", detail: errors.map(({ detail }) => detail).join(" "), errors };
}

/** Somebody was faster. */
export const CHANGED_MEANWHILE: Problem = {
  code: "conflict",
  detail: "The resource was changed or deleted while this call was under way; read it again and repeat.",
};

/** Nobody grants more than he holds. @param missing what he does not hold there, outright */
export function notHeld(missing: readonly string[]): Problem {
  return {
    code: "permission_denied",
    detail: `Nobody grants more than he holds: ${firstOf(missing)} would have to be yours there, without a condition.`,
  };
}

/** Bindings, or projects, that a refusal names, at most. */
export const NAMED_MAX = 5;

/** Permissions that a refusal names, at most. */
const PERMISSIONS_NAMED_MAX = 10;

/** The first of them, and how many more there are. */
export function firstOf(permissions: readonly string[]): string {
  const more = permissions.length - PERMISSIONS_NAMED_MAX;
  return `${permissions.slice(0, PERMISSIONS_NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
