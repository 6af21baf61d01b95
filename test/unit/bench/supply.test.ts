import { expect, it } from "vitest";
import { supplyOf } from "../../../bench/supply.ts";

function counted() {
  let made = 0;
  const supply = supplyOf(async () => String(++made));
  return { supply, made: () => made };
}

it("what was used never comes again, what was left does", async () => {
  const { supply } = counted();
  const first = await supply.fill(100);
  supply.used(40);
  const second = await supply.fill(100);
  expect(second.slice(0, first.length - 40)).toEqual(first.slice(40));
  expect(second.filter((body) => first.slice(0, 40).includes(body))).toEqual([]);
  expect(new Set(second).size).toBe(second.length);
});

it("only as many are made as are missing", async () => {
  const { supply, made } = counted();
  const { length } = await supply.fill(100);
  expect(made()).toBe(length);
  await supply.fill(100);
  expect(made()).toBe(length);
  supply.used(7);
  await supply.fill(100);
  expect(made()).toBe(length + 7);
});

it("a longer round gets more, a shorter one no more than it needs", async () => {
  const { supply } = counted();
  const long = await supply.fill(200);
  const short = await supply.fill(100);
  expect(long.length).toBe(2 * short.length);
});
