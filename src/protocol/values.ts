const HEX_OF_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes as hexadecimal digits, two for each, in lower case. By a table: each token's hash comes through here. */
export function hexOf(bytes: Iterable<number>): string {
  let digits = "";
  for (const byte of bytes) digits += HEX_OF_BYTES[byte];
  return digits;
}

/** Whether a value is a JSON object: neither null nor an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a text is as JSON; undefined, which no JSON is, when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
