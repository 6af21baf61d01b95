import { z } from "@hono/zod-openapi";
import { problemItem } from "./problem_shapes.ts";

/** What OpenAPI says of one status of an endpoint. */
export interface Answer {
  readonly status: 200 | 201 | 204;
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly headers?: readonly (keyof typeof HEADERS)[];
  /** Also as CSV: the list from its begin to its end. */
  readonly isTable?: true;
}

/** What `answerStored` renders. */
export function storedAnswer(description: string, schema: z.ZodType): Answer {
  return { status: 200, description, schema, headers: ["ETag"] };
}

/** What `answerCreated` renders. */
export function createdAnswer(description: string, schema: z.ZodType): Answer {
  return { status: 201, description, schema, headers: ["ETag", "Location"] };
}

/** What `answerJson` renders of a list. */
export function pageAnswer(description: string, item: z.ZodType): Answer {
  const schema = z.object({ items: z.array(item), nextPageToken: z.string().optional() });
  return { status: 200, description, schema };
}

/** What `answerReview` renders: a page of rows, or all of them as CSV. */
export function reviewAnswer(description: string, item: z.ZodType): Answer {
  const truncated = z.literal(true).optional();
  const schema = z.object({ items: z.array(item), nextPageToken: z.string().optional(), truncated });
  return { status: 200, description, schema, isTable: true };
}

/** What `answerEmpty` renders. */
export function emptyAnswer(description: string): Answer {
  return { status: 204, description };
}

const text = { type: "string" } as const;
const HEADERS = {
  ETag: {
    description: "The tag of this state, for If-Match and If-None-Match.",
    required: true,
    schema: text,
  },
  Location: { description: "The path of what was created.", required: true, schema: text },
};

const IF_MATCH = {
  name: "If-Match",
  in: "header",
  description: "The ETag of the state that is meant, or several: at another one the answer is 412.",
  schema: text,
} as const;
const IF_NONE_MATCH = {
  name: "If-None-Match",
  in: "header",
  description: "The ETag of the state that is known, or several: where it is still that the answer is 304.",
  schema: text,
} as const;

/** What an endpoint says of itself that headers and answers hang on. */
interface Described {
  readonly method: string;
  readonly isConditional?: true;
  readonly answer: Answer | readonly Answer[];
}

/** The headers that an endpoint reads. */
export function headersRead(endpoint: Described) {
  return [...(endpoint.isConditional ? [IF_MATCH] : []), ...(mayBeKnown(endpoint) ? [IF_NONE_MATCH] : [])];
}

/** Every answer of an endpoint, by status. */
export function responsesOf(endpoint: Described) {
  const known = mayBeKnown(endpoint)
    ? { 304: { description: "The state of If-None-Match still holds" } }
    : {};
  const good = answersOf(endpoint).map((answer) => [answer.status, responseOf(answer)] as const);
  const problem = {
    description: "A problem (RFC 9457)",
    content: { "application/problem+json": { schema: problemItem } },
  };
  return { ...Object.fromEntries(good), ...known, default: problem };
}

function mayBeKnown(endpoint: Described): boolean {
  return endpoint.method === "get" && answersOf(endpoint).some(({ headers }) => headers?.includes("ETag"));
}

function answersOf({ answer }: Described): readonly Answer[] {
  return "status" in answer ? [answer] : answer;
}

function responseOf({ description, schema, headers, isTable }: Answer) {
  return {
    description,
    ...(headers === undefined
      ? {}
      : { headers: Object.fromEntries(headers.map((name) => [name, HEADERS[name]])) }),
    ...(schema === undefined
      ? {}
      : {
          content: { "application/json": { schema }, ...(isTable ? { "text/csv": { schema: text } } : {}) },
        }),
  };
}
