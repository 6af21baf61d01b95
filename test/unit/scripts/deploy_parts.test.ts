import { describe, expect, it } from "vitest";
import { chooseOrigin, ISSUER_URL, NAMESPACE_ID } from "../../../scripts/deploy/plan.ts";
import { getTomlString, setTomlString } from "../../../scripts/deploy/toml.ts";

describe("chooseOrigin", () => {
  it.each([
    ["the workers.dev URL", ["https://a.b.workers.dev", "schedule: 17 * * * *"], "https://a.b.workers.dev"],
    [
      "a custom domain before it",
      ["https://a.b.workers.dev", "sts.example.com (custom domain)"],
      "https://sts.example.com",
    ],
    [
      "a custom domain with its zone",
      ["sts.example.com (custom domain - zone id: 1)"],
      "https://sts.example.com",
    ],
    ["nothing for a route, which may be any pattern", ["example.com/* (zone name: example.com)"], undefined],
  ])("%s", (_name, targets, origin) => {
    expect(chooseOrigin(targets)).toBe(origin);
  });
});

describe("editing wrangler.toml", () => {
  const TEXT = `name = 'top' # [vars]\r\n[vars]\nA="1"# why\n#A = "2"\n  [[kv_namespaces]] # first\n  id = "x"\n  binding = "OTHER"\n[[kv_namespaces]]\nbinding = "JWKS_CACHE"\nid = "y" # keep "this"\n`;

  it.each([
    ["a key above the tables", { table: "", key: "name" }, "top", `name = "new" # [vars]\r`],
    ["a key of a table", { table: "vars", key: "A" }, "1", 'A="new"# why'],
    ["an array's table by its binding", NAMESPACE_ID, "y", 'id = "new" # keep "this"'],
    ["one whose binding comes last", { ...NAMESPACE_ID, binding: "OTHER" }, "x", '  id = "new"'],
  ])("%s", (_name, place, value, line) => {
    expect(getTomlString(TEXT, place)).toBe(value);
    const edited = setTomlString(TEXT, place, "new");
    const changed = edited.split("\n").filter((candidate, index) => candidate !== TEXT.split("\n")[index]);
    expect(changed).toEqual([line]);
  });

  it("refuses a place that does not exist, and a value that would need quoting", () => {
    expect(() => setTomlString(TEXT, ISSUER_URL, "x")).toThrow("wrangler.toml has no [vars] ISSUER_URL");
    expect(() => setTomlString(TEXT, NAMESPACE_ID, 'a"b')).toThrow("does not belong");
  });
});
