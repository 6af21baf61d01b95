import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, roomOf, sourceFiles, sourceOf, withoutComments } from "./imports.ts";

const LINES_MAX = 250;

describe("the shape of the house", () => {
  it.each(sourceFiles())("%s fits", (file) => {
    expect(sourceOf(file).split("\n").length).toBeLessThanOrEqual(LINES_MAX);
  });

  it.each(
    [...new Set(sourceFiles().map(roomOf))].filter((room) => !room.endsWith(".ts") && room !== "routes"),
  )("%s opens with what it owns", (room) => {
    expect(sourceOf(`${room}/index.ts`)).toMatch(/^\/\*\*/);
  });

  it("gives up no types", () => {
    const given = sourceFiles().filter((file) =>
      /\bas any\b|: any\b|@ts-(?:ignore|expect-error|nocheck)/.test(withoutComments(sourceOf(file))),
    );
    expect(given).toEqual([]);
  });

  it("has migrations in an unbroken order", () => {
    const names = readdirSync(join(ROOT, "migrations")).sort();
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
    for (const name of names)
      expect(readFileSync(join(ROOT, "migrations", name), "utf8")).not.toMatch(/\bDROP TABLE\b/i);
  });
});
