import { refuse } from "./result.ts";

/**
 * Problems of the REST surface: a stable `code`, its HTTP status, and what it means in one line.
 * @see RFC 9457
 */
export const PROBLEMS = {
  invalid_body: { status: 400, title: "The body has members that cannot be accepted" },
  invalid_json: { status: 400, title: "The body is not JSON" },
  invalid_query: { status: 400, title: "The query has parameters that cannot be accepted" },
  invalid_page_token: { status: 400, title: "The page token was not made by this list" },
  unauthenticated: { status: 401, title: "A bearer token is needed" },
  invalid_token: { status: 401, title: "The bearer token is not accepted" },
  permission_denied: { status: 403, title: "The actor lacks a permission" },
  not_found: { status: 404, title: "There is no such resource" },
  method_not_allowed: { status: 405, title: "The resource does not know this method" },
  name_taken: { status: 409, title: "The name is taken" },
  key_registered: { status: 409, title: "The account has this key already" },
  key_leaked: { status: 409, title: "The key was reported as leaked" },
  limit_reached: { status: 409, title: "No more of these can be created here" },
  account_unusable: { status: 409, title: "The service account gets no token now" },
  not_acknowledged: { status: 409, title: "The trust lets in more than it may seem to" },
  in_use: { status: 409, title: "Something still hangs on the resource" },
  last_owner: { status: 409, title: "The project would be left without an owner" },
  nothing_to_purge: { status: 409, title: "There is no cached key to purge" },
  conflict: { status: 409, title: "The resource was changed meanwhile" },
  precondition_failed: { status: 412, title: "The resource is not at the version of If-Match" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body's media type is not supported" },
  server_error: { status: 500, title: "The service failed" },
  project_tokens_off: { status: 503, title: "Project tokens are not set up here" },
  unavailable: { status: 503, title: "The service cannot answer now" },
} as const;

/** One of them. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One bad member: where it is (JSON Pointer into the body, RFC 6901), what is wrong, and what to do. */
export interface MemberProblem {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  /** What to write instead, where it is known. */
  readonly better?: unknown;
}

/** A refused call of a verb of `directory`. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly MemberProblem[];
}

/** What is not there, and what is not the caller's to see, are told in the same words. */
export function notFound(what: string): { readonly ok: false; readonly refusal: Problem } {
  return refuse({ code: "not_found", detail: `There is no such ${what}, or it is not yours to see.` });
}
