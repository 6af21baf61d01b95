import { env } from "cloudflare:workers";
import { type Service, startService } from "./harness.ts";

/** The service, but that something happens just before its first batch with such a statement. */
export function disturbedBefore(statement: RegExp, disturb: () => Promise<unknown>): Service {
  let isDone = false;
  const texts = new WeakMap<object, string>();
  const prepare = (query: string) => {
    const prepared = env.DB.prepare(query);
    texts.set(prepared, query);
    const bindValues = prepared.bind.bind(prepared);
    prepared.bind = (...values: unknown[]) => {
      const bound = bindValues(...values);
      texts.set(bound, query);
      return bound;
    };
    return prepared;
  };
  const batch: D1Database["batch"] = async (statements) => {
    if (!isDone && statements.some((one) => statement.test(texts.get(one) ?? ""))) {
      isDone = true;
      await disturb();
    }
    return env.DB.batch(statements);
  };
  return startService({}, { DB: { prepare, batch } });
}
