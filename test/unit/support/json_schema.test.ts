import { describe, expect, it } from "vitest";
import { faultsOf, type JsonSchema } from "../../support/json_schema.ts";

const components: Readonly<Record<string, JsonSchema>> = {
  Key: {
    type: "object",
    properties: {
      id: { type: "string", minLength: 1, maxLength: 4, pattern: "^k" },
      end: { type: ["string", "null"], format: "date-time" },
      state: { type: "string", enum: ["next", "active"] },
      uses: { type: "array", items: { type: "integer", minimum: 0, maximum: 9 }, minItems: 1, maxItems: 2 },
      value: { anyOf: [{ type: "string" }, { type: "boolean" }] },
      labels: { type: "object", additionalProperties: { type: "string" } },
    },
    required: ["id"],
  },
};
const key = { $ref: "#/components/schemas/Key" };
const good = { id: "k1", end: null, state: "next", uses: [0], value: true, labels: { team: "a" } };
const withToken = {
  allOf: [key, { type: "object", properties: { token: { type: "string" } }, required: ["token"] }],
};

describe("a value against a schema", () => {
  it.each([
    ["what is described", good, key],
    ["without what may be left out", { id: "k1" }, key],
    ["with an instant", { id: "k1", end: "2026-11-22T15:00:00Z" }, key],
    ["two together", { ...good, token: "t" }, withToken],
  ])("%s fits", (_name, value, schema) => {
    expect(faultsOf(value, schema, components)).toEqual([]);
  });

  it.each([
    ["a member missing", {}, key, "/id: is missing"],
    ["a member more", { ...good, more: 1 }, key, "/more: is not described"],
    ["another type", { ...good, id: 1 }, key, "/id: is integer, not string"],
    ["null where it may not be", { ...good, id: null }, key, "/id: is null, not string"],
    ["a list for an object", [], key, "/: is array, not object"],
    ["too short", { id: "" }, key, "/id: is too short"],
    ["too long", { id: "k2345" }, key, "/id: is too long"],
    ["beside the pattern", { id: "x" }, key, "/id: does not fit the pattern"],
    ["no instant", { ...good, end: "tomorrow" }, key, "/end: is no instant"],
    ["none of the enum", { ...good, state: "gone" }, key, "/state: is none of the enum"],
    ["a bad item", { ...good, uses: [0, 1.5] }, key, "/uses/1: is number, not integer"],
    ["too small an item", { ...good, uses: [-1] }, key, "/uses/0: is too small"],
    ["too large an item", { ...good, uses: [10] }, key, "/uses/0: is too large"],
    ["too few items", { ...good, uses: [] }, key, "/uses: has too few items"],
    ["too many items", { ...good, uses: [0, 1, 2] }, key, "/uses: has too many items"],
    ["none of several", { ...good, value: 1 }, key, "/value: is none of anyOf"],
    [
      "a bad value of a free member",
      { ...good, labels: { team: 1 } },
      key,
      "/labels/team: is integer, not string",
    ],
    ["one of two together missing", good, withToken, "/token: is missing"],
    [
      "a keyword nobody knows",
      1,
      { type: "integer", multipleOf: 2 },
      "/: no check knows the keyword multipleOf",
    ],
    ["a format nobody knows", "x", { type: "string", format: "uri" }, ": no check knows the format uri"],
  ])("%s is a fault", (_name, value, schema, fault) => {
    expect(faultsOf(value, schema, components)).toContain(fault);
  });
});
