import { type AuditEvent, commitRefusal } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import type { Problem, Result } from "../protocol/index.ts";

/**
 * Runs a verb that writes and sees to it that its refusal is recorded too. A granted write records itself, in the
 * batch that makes it.
 */
export async function recorded<Value>(
  context: Context,
  event: AuditEvent,
  verb: () => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  const result = await verb();
  if (!result.ok) {
    const { code, detail } = result.refusal;
    await commitRefusal(context, { ...event, reason: code, detail });
  }
  return result;
}
