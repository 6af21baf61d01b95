import { z } from "@hono/zod-openapi";
import {
  EVALUATIONS_SEMANTICS,
  type Evaluation,
  type EvaluationResource,
  type EvaluationSubject,
  type EvaluationsInput,
} from "../../decisions/index.ts";
import {
  accept,
  GROUPS_MAX,
  isRecord,
  type MemberProblem,
  type Result,
  refuse,
} from "../../protocol/index.ts";
import { isIpRange, isPath } from "../../rbac/index.ts";
import { memberProblemsOf } from "../problem.ts";

/** What an enforcement point sends. Members that nobody here knows are let be. @see AuthZEN Authorization API 1.0 s5 */

const EVALUATIONS_MAX = 50;

const text = (max: number) => z.string().min(1).max(max);
/** A token is the longest. */
const entity = z.looseObject({ type: text(256), id: text(16_384), properties: z.looseObject({}).optional() });

const personProperties = z.looseObject({
  issuer: text(2048),
  email: text(320).optional(),
  groups: z.array(text(512)).max(GROUPS_MAX).optional(),
});
const serverProperties = z.looseObject({
  path: z.string().refine(isPath, "Use a path such as /orders/eu, of plain segments.").optional(),
});

/** Of a type that knows them, properties are read strictly: what is passed over could be what is denied. */
function propertiesOf<Shape extends z.ZodType>(
  shape: Shape,
  { properties = {} }: z.output<typeof entity>,
  context: z.RefinementCtx,
): z.output<Shape> | undefined {
  const read = shape.safeParse(properties);
  if (read.success) return read.data;
  for (const { code, message, path } of read.error.issues) {
    const place = ["properties", ...path];
    context.addIssue({ code: "custom", message, path: place, params: { code } });
  }
  return undefined;
}

const subject = entity.transform((value, context): EvaluationSubject => {
  switch (value.type) {
    case "access_token":
      return { type: value.type, text: value.id };
    case "service_account":
      return { type: value.type, ref: value.id };
    case "person": {
      const known = propertiesOf(personProperties, value, context);
      if (known === undefined) return z.NEVER;
      const { issuer, email = null, groups = [] } = known;
      return { type: value.type, subject: value.id, issuer, email, groups };
    }
    default:
      return { type: "other" };
  }
});

const resource = entity.transform((value, context): EvaluationResource => {
  switch (value.type) {
    case "service_account":
    case "project":
      return { type: value.type, ref: value.id };
    case "resource_server": {
      const known = propertiesOf(serverProperties, value, context);
      return known === undefined ? z.NEVER : { type: value.type, ref: value.id, path: known.path ?? "" };
    }
    default:
      return { type: "other" };
  }
});

const isAddress = (ip: string) => !ip.includes("/") && isIpRange(ip);
/** Its `time` is not looked at: our clock decides. */
const context = z.looseObject({
  ip: z
    .union([z.ipv4(), z.ipv6()], "Use an IPv4 or IPv6 address.")
    .refine(isAddress, "Use an IPv4 or IPv6 address.")
    .optional(),
});

/** One question. */
const evaluation = z
  .looseObject({ subject, action: z.looseObject({ name: text(256) }), resource, context: context.optional() })
  .transform(
    ({ subject, action, resource, context }): Evaluation => ({
      subject,
      action: action.name,
      resource,
      ip: context?.ip ?? null,
    }),
  );

/** What many questions have around them. @see AuthZEN Authorization API 1.0 s7.1 */
const frame = z.looseObject({
  evaluations: z.array(z.unknown()).max(EVALUATIONS_MAX).optional(),
  options: z
    .looseObject({
      evaluations_semantic: z
        .enum(Object.keys(EVALUATIONS_SEMANTICS) as (keyof typeof EVALUATIONS_SEMANTICS)[])
        .optional(),
    })
    .optional(),
});

/** A body that has been read. */
export interface AccessQuestion extends EvaluationsInput {
  /** Whether an array is answered, or one decision. */
  readonly isMany: boolean;
  /** Of each evaluation what could not be read of it. */
  readonly problems: readonly (readonly MemberProblem[])[];
}

type Read = Result<AccessQuestion, readonly MemberProblem[]>;

/** A body that is one question. */
export function readEvaluation(body: unknown): Read {
  const read = evaluation.safeParse(body);
  if (!read.success) return refuse(memberProblemsOf(read.error.issues));
  return accept({ isMany: false, semantic: "execute_all", evaluations: [read.data], problems: [[]] });
}

/**
 * A body that holds many, or is itself one. One that cannot be read is refused by itself: the others are answered.
 * @see AuthZEN Authorization API 1.0 s7.2
 */
export function readEvaluations(body: unknown): Read {
  const read = frame.safeParse(body);
  if (!read.success) return refuse(memberProblemsOf(read.error.issues));
  const { evaluations = [], options, ...defaults } = read.data;
  if (evaluations.length === 0) return readEvaluation(body);
  const each = evaluations.map((one) => evaluation.safeParse(overlaid(defaults, one)));
  return accept({
    isMany: true,
    semantic: options?.evaluations_semantic ?? "execute_all",
    evaluations: each.map(({ data }) => data),
    problems: each.map(({ error }, index) => memberProblemsOf(error?.issues ?? [], ["evaluations", index])),
  });
}

type Members = Readonly<Record<string, unknown>>;

/** A member of its own takes the place of the default. @see AuthZEN Authorization API 1.0 s7.1.1 */
function overlaid(defaults: Members, own: unknown): unknown {
  if (!isRecord(own)) return own;
  const { subject, action, resource, context } = defaults;
  return {
    subject: named(subject, own.subject),
    action: named(action, own.action),
    resource: named(resource, own.resource),
    context: own.context === undefined ? context : own.context,
  };
}

/** Its type, id or name may be left to the default, its properties never: they are of one entity. */
function named(fallback: unknown, own: unknown): unknown {
  if (own === undefined) return fallback;
  if (!isRecord(own) || !isRecord(fallback)) return own;
  const { type, id, name } = fallback;
  return { type, id, name, ...own };
}
