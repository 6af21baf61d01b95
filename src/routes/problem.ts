import type { ContentfulStatusCode } from "hono/utils/http-status";
import { recordedText } from "../audit/index.ts";
import type { BearerRefusal } from "../grants/index.ts";
import { type MemberProblem, PROBLEMS, type Problem, pointerOf } from "../protocol/index.ts";
import { BEARER_UNKNOWN, type RouteContext } from "./context.ts";

const RETRY_AFTER_SECONDS = 5;

/** @see RFC 9457 s3, RFC 6750 s3 for the challenge */
export function renderProblem(c: RouteContext, { code, detail, errors }: Problem): Response {
  const { status, title } = PROBLEMS[code];
  c.set("outcome", code);
  c.header("Cache-Control", "no-store");
  if (code === "unauthenticated") c.header("WWW-Authenticate", 'Bearer realm="countersign"');
  if (code === "invalid_token")
    c.header("WWW-Authenticate", 'Bearer realm="countersign", error="invalid_token"');
  if (code === "permission_denied") {
    c.header("WWW-Authenticate", 'Bearer realm="countersign", error="insufficient_scope"');
  }
  if (code === "unavailable") c.header("Retry-After", String(RETRY_AFTER_SECONDS));
  const body = {
    type: `urn:countersign:problem:${code}`,
    title,
    status,
    code,
    detail,
    requestId: c.get("requestId"),
    ...(errors === undefined ? {} : { errors }),
  };
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, {
    "Content-Type": "application/problem+json",
  });
}

/** What whoever called as nobody is told. */
export function problemOfBearer(refusal: BearerRefusal): Problem {
  switch (refusal) {
    case "missing": {
      const detail =
        "Send Authorization: Bearer with the bootstrap token, an access token made for this service, a project token, or an ID token of an identity provider.";
      return { code: "unauthenticated", detail };
    }
    case "unavailable": {
      const detail = "The ID token's issuer does not answer for its keys now; try again later.";
      return { code: "unavailable", detail };
    }
    case "unknown":
      return { code: "invalid_token", detail: BEARER_UNKNOWN };
  }
}

/** What zod tells of one bad member. */
interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

const ERRORS_MAX = 32;

/**
 * A validator's findings as members with their places; members nobody knows are named one by one.
 * @param place where in the body that is which was validated
 */
export function memberProblemsOf(
  issues: readonly Issue[],
  place: readonly PropertyKey[] = [],
): readonly MemberProblem[] {
  const found = issues.flatMap((issue) => membersOf({ ...issue, path: [...place, ...issue.path] }));
  return found.slice(0, ERRORS_MAX);
}

function membersOf({ code = "invalid", message, path, keys }: Issue): readonly MemberProblem[] {
  if (code === "unrecognized_keys" && keys !== undefined) {
    return keys.map((key) => {
      const detail = `There is no member ${recordedText(JSON.stringify(key)).slice(0, 100)} here; check its spelling, or leave it out.`;
      return { pointer: placeOf([...path, key]), code: "unknown_member", detail };
    });
  }
  return [{ pointer: placeOf(path), code, detail: message }];
}

const INVALID_MAX_CHARACTERS = 512;

/** What is wrong with each member, as one problem. */
export function invalid(code: "invalid_body" | "invalid_query", errors: readonly MemberProblem[]): Problem {
  const said = errors.map(({ pointer, detail }) => `${pointer || "The body"}: ${detail}`).join(" ");
  return { code, detail: said.slice(0, INVALID_MAX_CHARACTERS), errors };
}

/** Where in a body: members' names are foreign text. */
function placeOf(path: readonly PropertyKey[]): string {
  return pointerOf(path.map((segment) => recordedText(String(segment)).slice(0, 100)));
}
