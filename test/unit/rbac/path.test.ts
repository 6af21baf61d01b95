import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { audiencesOf, isAtOrBelow, isPath } from "../../../src/rbac/index.ts";

describe("a path below an API", () => {
  it.each([
    "",
    "/orders",
    "/orders/eu",
    "/v1.2/~me/a_b-c",
    "/a:b@c",
    "/...",
    "/.well-known",
    "/a..b",
    `/${"a".repeat(511)}`,
  ])("may be %j", (text) => {
    expect(isPath(text)).toBe(true);
  });

  it.each<readonly [name: string, text: string]>([
    ["a slash", "/"],
    ["a slash behind", "/orders/"],
    ["no slash before", "orders"],
    ["an empty segment", "/orders//eu"],
    ["two slashes before", "//orders"],
    ["dots", "/orders/../admin"],
    ["dots at the end", "/orders/.."],
    ["dots alone", "/.."],
    ["one dot", "/./orders"],
    ["one dot at the end", "/orders/."],
    ["encoded dots", "/orders/%2e%2e/admin"],
    ["half encoded dots", "/orders/.%2E/admin"],
    ["an encoded slash", "/orders%2fadmin"],
    ["an encoded letter", "/%6frders"],
    ["twice encoded dots", "/%252e%252e"],
    ["a backslash", "/orders\\admin"],
    ["backslashes for dots", "/orders\\..\\admin"],
    ["parameters", "/orders;v=1"],
    ["dots with parameters", "/..;/admin"],
    ["a query", "/orders?eu"],
    ["a fragment", "/orders#eu"],
    ["a wildcard", "/orders/*"],
    ["a space", "/orders eu"],
    ["a line end behind", "/orders\n"],
    ["a NUL", "/orders\0"],
    ["letters beyond ASCII", "/bestellungen/größe"],
    ["a full-width slash", "/orders／admin"],
    ["full-width dots", "/．．/admin"],
    ["a combining mark", "/orde\u0301rs"],
    ["a plus", "/a+b"],
    ["513 characters", `/${"a".repeat(512)}`],
    ["segments without end", "/a".repeat(100_000)],
  ])("is not %s", (_name, text) => {
    expect(isPath(text)).toBe(false);
  });

  it.each<readonly [path: string, base: string, expected: boolean]>([
    ["", "", true],
    ["/orders", "", true],
    ["/orders", "/orders", true],
    ["/orders/eu", "/orders", true],
    ["/orders/eu/1", "/orders", true],
    ["/orders", "/orders/eu", false],
    ["", "/orders", false],
    ["/ordersx", "/orders", false],
    ["/orders-eu", "/orders", false],
    ["/Orders", "/orders", false],
    ["/x/orders", "/orders", false],
  ])("%j is at or below %j: %s", (path, base, expected) => {
    expect(isAtOrBelow(path, base)).toBe(expected);
  });

  it("never resolves to anything but itself", () => {
    const characters = fc.constantFrom(..."/.%2eEfF5cC;\\?#a:@~");
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 12 }), (text) => {
        fc.pre(text !== "" && isPath(text));
        expect(new URL(`https://api.example.com/base${text}`).pathname).toBe(`/base${text}`);
      }),
      { numRuns: 5000 },
    );
  });
});

const API = "https://api.example.com";

describe("the APIs that a URI may mean", () => {
  it.each<readonly [uri: string, cuts: readonly (readonly [audience: string, path: string])[]]>([
    [API, []],
    [`${API}/orders`, [[API, "/orders"]]],
    [
      `${API}/orders/eu`,
      [
        [`${API}/orders`, "/eu"],
        [API, "/orders/eu"],
      ],
    ],
    [`${API}:8443/orders`, [[`${API}:8443`, "/orders"]]],
    // Compared text by text, so that a user in it is the API's own affair.
    ["https://user@api.example.com/orders", [["https://user@api.example.com", "/orders"]]],
    ["http://[2001:db8::1]/orders", [["http://[2001:db8::1]", "/orders"]]],
    ["urn:example:api", []],
    ["urn:example:api/orders", [["urn:example:api", "/orders"]]],
    [
      "urn:example:api/orders/eu",
      [
        ["urn:example:api/orders", "/eu"],
        ["urn:example:api", "/orders/eu"],
      ],
    ],
    // What is below is what our paths may say; above may be anything that was registered just so.
    [`${API}/a%20b/orders`, [[`${API}/a%20b`, "/orders"]]],
    [`${API}/orders/../admin`, [[`${API}/orders/..`, "/admin"]]],
  ])("%s: the whole, and where it may be cut", (uri, cuts) => {
    expect(audiencesOf(uri)).toEqual([
      { audience: uri, path: "" },
      // With its last slash too: an API may have registered it so.
      ...cuts.flatMap(([audience, path]) => [
        { audience: `${audience}/`, path },
        { audience, path },
      ]),
    ]);
  });

  it.each<readonly [name: string, uri: string]>([
    ["a slash behind", `${API}/`],
    ["a slash behind a path", `${API}/orders/`],
    ["an empty segment at the end", `${API}/orders//`],
    ["dots at the end", `${API}/orders/..`],
    ["one dot at the end", `${API}/orders/.`],
    ["encoded dots at the end", `${API}/orders/%2e%2e`],
    ["an encoded slash", `${API}/orders%2Fadmin`],
    ["a backslash", `${API}/orders\\admin`],
    ["parameters", `${API}/orders;v=1`],
    ["a query", `${API}/orders?eu`],
    ["a query with slashes", `${API}?next=/orders`],
    ["a query of the host with a path in it", `${API}/orders?at=/eu/1`],
    ["a fragment with slashes", `${API}/#/orders`],
    ["letters beyond ASCII", `${API}/größe`],
    ["no URI", "api.example.com/orders"],
    ["a path", "/orders"],
    ["nothing", ""],
    ["slashes", "///"],
  ])("with %s nothing but the whole", (_name, uri) => {
    expect(audiencesOf(uri)).toEqual([{ audience: uri, path: "" }]);
  });

  it("end at its host, and are few", () => {
    const deep = `${API}${"/a".repeat(200)}`;
    expect(audiencesOf(deep).length).toBeLessThanOrEqual(34);
    const segment = fc.constantFrom("orders", "eu", "..", "", "%2e", "a:b", "a\\b", "?", "..;", "//", "@");
    const host = fc.constantFrom(API, "https://u:p@h:1", "http://[::1]", "urn:x");
    fc.assert(
      fc.property(host, fc.array(segment, { maxLength: 5 }), (begin, segments) => {
        const uri = [begin, ...segments].join("/");
        for (const { audience, path } of audiencesOf(uri)) {
          expect([audience + path, audience + path.slice(1)]).toContain(uri);
          expect(isPath(path)).toBe(true);
          expect(audience.startsWith(begin)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
