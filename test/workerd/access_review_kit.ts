import { env } from "cloudflare:workers";
import type { Service } from "./harness.ts";
import { must } from "./token_holders.ts";

export type ReportName = "access" | "unused" | "unowned";
// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails on the rest
export type Row = Readonly<Record<string, any>>;

/** All pages of a report, one after the other. @param query behind the page's own, such as `&days=30` */
export async function reportOf(
  service: Service,
  { path }: { readonly path: string },
  name: ReportName,
  query = "",
  pageSize = 200,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let pageToken = "";
  do {
    const more = pageToken && `&pageToken=${pageToken}`;
    const { body } = await must(
      service,
      "GET",
      `${path}/access-review/${name}?pageSize=${pageSize}${query}${more}`,
    );
    rows.push(...body.items);
    pageToken = body.nextPageToken ?? "";
  } while (pageToken !== "");
  return rows;
}

export interface Table {
  readonly headers: Headers;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** A report as CSV. */
export async function tableOf(
  service: Service,
  { path }: { readonly path: string },
  name: ReportName,
  { query = "?format=csv", accept = "*/*" } = {},
): Promise<Table> {
  const headers = { authorization: `Bearer ${env.BOOTSTRAP_TOKEN}`, accept };
  const response = await service.fetch(`${path}/access-review/${name}${query}`, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  const [columns = [], ...lines] = parseCsv(text);
  const rows = lines.map((cells) => {
    if (cells.length !== columns.length) throw new Error(`${cells.length} cells: ${cells.join("|")}`);
    return Object.fromEntries(cells.map((cell, index) => [columns[index] ?? "", cell]));
  });
  return { headers: response.headers, text, columns, rows };
}

/** A reader of RFC 4180 and nothing more lenient: each line ends in CRLF, and no quote stands in a cell without quotes. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let line: string[] = [];
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    if (found === null) throw new Error(`no CSV from ${at}: ${text.slice(at, at + 80)}`);
    line.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (found[3] === ",") continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
