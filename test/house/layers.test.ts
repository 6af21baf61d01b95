import { describe, expect, it } from "vitest";
import { importsOf, sourceFiles } from "./imports.ts";
import { faultOf } from "./layers.ts";

describe("arrows point down", () => {
  it("reads a real house", () => {
    const arrows = sourceFiles().flatMap((file) => importsOf(file));
    expect(arrows.length).toBeGreaterThan(150);
    expect(arrows).toContainEqual({ from: "app.ts", to: "config.ts", isType: false });
  });

  it.each(sourceFiles())("%s", (file) => {
    const faults = importsOf(file).map((found) => faultOf(found) ?? "");
    expect(faults.filter((fault) => fault !== "")).toEqual([]);
  });

  it.each([
    ["upward", { from: "store/ids.ts", to: "audit/index.ts", isType: false }, "store reaches up to audit"],
    [
      "sideways",
      { from: "trust/judge.ts", to: "tokens/index.ts", isType: false },
      "trust reaches sideways to tokens",
    ],
    [
      "upward by type alone",
      { from: "trust/judge.ts", to: "grants/index.ts", isType: true },
      "trust reaches up to grants",
    ],
    [
      "past the door",
      { from: "grants/pipeline.ts", to: "trust/jwks.ts", isType: false },
      "trust/jwks.ts is not the door of trust",
    ],
    [
      "between dialects",
      { from: "routes/v1/a.ts", to: "routes/oauth/b.ts", isType: false },
      "dialect v1 knows dialect oauth",
    ],
    ["deps by value", { from: "audit/list.ts", to: "deps.ts", isType: false }, "deps.ts has no floor"],
    ["a new room", { from: "policy/plan.ts", to: "protocol/index.ts", isType: false }, "policy has no floor"],
  ])("sees an arrow that points %s", (_name, arrow, fault) => {
    expect(faultOf(arrow)).toBe(fault);
  });
});
