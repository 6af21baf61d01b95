/** Tables as text. @see RFC 4180 s2 */

/** What a spreadsheet would run in place of showing it. */
const FORMULA = /(?:^|[;\t])[=+\-@\t\r\n]/;

/**
 * One line: cells between commas, quoted where they have to be. Nothing is an empty cell, a list stands between spaces,
 * an object is JSON, and what begins like a formula gets an apostrophe before it, which makes it text.
 */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(cellOf).join(",")}\r\n`;
}

function cellOf(value: unknown): string {
  const text = textOf(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  // Some spreadsheets part cells at a semicolon or a tab.
  return /[",;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

type Row = Readonly<Record<string, unknown>>;

/**
 * A table as bytes: one line that names the columns, and one for each row. The next rows are asked for when what was
 * written is taken, so that no more than one page of them is held; where they fail the stream does, so that nothing
 * that was cut off looks whole.
 */
export function csvStream(
  columns: readonly string[],
  pages: AsyncGenerator<readonly Row[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(csvLine(columns))),
    async pull(controller) {
      const { value: rows, done } = await pages.next();
      if (done) return controller.close();
      const lines = rows.map((row) => csvLine(columns.map((column) => row[column])));
      controller.enqueue(encoder.encode(lines.join("")));
    },
    async cancel() {
      await pages.return(undefined);
    },
  });
}
