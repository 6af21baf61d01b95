/** Why a write batch did not happen: its guard matched nothing, a unique index objected, or the database failed. */
export type WriteFailure = "guard" | "unique" | "storage";

/**
 * Reads a driver's error. Both drivers give SQLite's own words and nothing better: D1 has no code at all, so the
 * text is read, here and nowhere else; the store suite holds both drivers to it.
 */
export function failureOf(error: unknown): WriteFailure {
  const text = messagesOf(error);
  if (text.includes("CHECK constraint failed: guard")) return "guard";
  if (text.includes("FOREIGN KEY constraint failed")) return "guard";
  if (text.includes("UNIQUE constraint failed")) return "unique";
  return "storage";
}

function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) messages.push(current.message);
  return messages.join("\n");
}
