import type { Problem } from "../protocol/index.ts";

/** A body with one bad member. */
export function badMember(pointer: string, code: string, detail: string): Problem {
  return { code: "invalid_body", detail, errors: [{ pointer, code, detail }] };
}

/** @param what it is, and within what its name is its own */
export function nameTaken(what: string, name: string): Problem {
  const detail = `Another ${what} is named ${name}.`;
  return { code: "name_taken", detail, errors: [{ pointer: "/name", code: "name_taken", detail }] };
}

/** Somebody was faster. */
export const CHANGED_MEANWHILE: Problem = {
  code: "conflict",
  detail: "The resource was changed or deleted while this call was under way; read it again and repeat.",
};

/** Nobody grants more than he holds. @param missing what he does not hold there, outright */
export function notHeld(missing: readonly string[]): Problem {
  const named = missing.slice(0, 10).join(", ");
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : "";
  return {
    code: "permission_denied",
    detail: `Nobody grants more than he holds: ${named}${more} would have to be yours there, without a condition.`,
  };
}
