import { accept, type Problem, type Result, refuse } from "../protocol/index.ts";

/** One page of a list: what REST answers, and what a verb returns. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly nextPageToken?: string;
}

/** Which page of a list is asked for. */
export interface PageRequest {
  readonly pageSize: number;
  /** `nextPageToken` of the page before; undefined for the first. */
  readonly pageToken?: string | undefined;
}

/** A page token names the list that it was made by, so that it opens no other. */
function encodeCursor(list: string, id: string): string {
  return btoa(`${list}:${id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The id that the last page ended on; undefined before the first page. Refuses what this list did not make. */
export function decodeCursor(list: string, request: PageRequest): Result<string | undefined, Problem> {
  const token = request.pageToken;
  if (token === undefined) return accept(undefined);
  const id = idIn(list, token);
  if (id !== undefined) return accept(id);
  return refuse({
    code: "invalid_page_token",
    detail: "pageToken must be the nextPageToken of this list's page before, or absent.",
  });
}

function idIn(list: string, token: string): string | undefined {
  try {
    const text = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
    const id = text.slice(list.length + 1);
    return text.startsWith(`${list}:`) && encodeCursor(list, id) === token ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Cuts the one row too many that tells whether there is another page. */
export function pageOf<Row extends { readonly id: string }, Item>(
  list: string,
  rows: readonly Row[],
  pageSize: number,
  render: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, pageSize);
  const last = shown.at(-1);
  const items = shown.map(render);
  if (last === undefined || rows.length <= pageSize) return { items };
  return { items, nextPageToken: encodeCursor(list, last.id) };
}
