import { base64url } from "jose";
import { describe, expect, it } from "vitest";
import { decodeCursor, pageOf } from "../../../src/store/cursor.ts";

const LIST = "service-accounts";
const ROWS = Array.from({ length: 5 }, (_, index) => ({ id: `0199c3d2-5b7a-7c1e-9f40-00000000000${index}` }));

const page = (list: string, rows = ROWS) => pageOf(list, rows, 2, ({ id }) => id);
const TOKEN = page(LIST).nextPageToken ?? "";

const decode = (pageToken: string, list = LIST) => decodeCursor(list, { pageSize: 2, pageToken });

const REFUSED = {
  ok: false,
  refusal: {
    code: "invalid_page_token",
    detail: "pageToken must be the nextPageToken of this list's page before, or absent.",
  },
};

describe("a page", () => {
  it.each<readonly [name: string, rows: number, items: number, hasNext: boolean]>([
    ["of no rows is empty", 0, 0, false],
    ["of less rows than asked for is the last", 1, 1, false],
    ["of as many rows as asked for is the last", 2, 2, false],
    ["of one row more has a next, and does not show that row", 3, 2, true],
    ["of more rows still shows no more", 5, 2, true],
  ])("%s", (_name, rows, items, hasNext) => {
    const { items: shown, nextPageToken } = page(LIST, ROWS.slice(0, rows));
    expect(shown).toEqual(ROWS.slice(0, items).map(({ id }) => id));
    expect(nextPageToken !== undefined).toBe(hasNext);
  });

  it("leaves nextPageToken out when there is none", () => {
    expect(page(LIST, ROWS.slice(0, 2))).not.toHaveProperty("nextPageToken");
  });
});

describe("a page token", () => {
  it("comes back as the id that the page ended on", () => {
    expect(decode(TOKEN)).toEqual({ ok: true, value: ROWS[1]?.id });
  });

  it("may be absent", () => {
    expect(decodeCursor(LIST, { pageSize: 2 })).toEqual({ ok: true, value: undefined });
  });

  it("goes through a URL as it is", () => {
    expect(encodeURIComponent(TOKEN)).toBe(TOKEN);
  });

  it.each<readonly [name: string, pageToken: string]>([
    ["of another list", page("audit-events").nextPageToken ?? ""],
    ["of a list whose name begins like this one", page(`${LIST}-2`).nextPageToken ?? ""],
    ["of a list whose name this one begins with", page("service").nextPageToken ?? ""],
    ["that is empty", ""],
    ["with its first character changed", `${TOKEN.startsWith("c") ? "d" : "c"}${TOKEN.slice(1)}`],
    ["with a letter's case changed in the list's name", base64url.encode(`Service-accounts:${ROWS[1]?.id}`)],
    ["without the colon", base64url.encode(`${LIST}${ROWS[1]?.id}`)],
    ["with padding", `${TOKEN}=`],
    ["with white space before", ` ${TOKEN}`],
    ["with white space inside", `${TOKEN.slice(0, 8)}\n${TOKEN.slice(8)}`],
    ["with characters that base64url does not have", `${TOKEN}!`],
    ["of characters beyond Latin-1", "\u{1f511}".repeat(10)],
    ["that is an id", ROWS[1]?.id ?? ""],
    ["that is a list's name alone", base64url.encode(LIST)],
    ["in plain base64", btoa(`${LIST}:\u00fb\u00ff\u00bf`)],
  ])("%s is refused", (_name, pageToken) => {
    expect(decode(pageToken)).toEqual(REFUSED);
  });

  it("of this list is refused by every other", () => {
    for (const list of ["projects", "federated-identity-providers", "audit-events", ""]) {
      expect(decode(TOKEN, list)).toEqual(REFUSED);
    }
  });
});
