import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActingParty, BindingCondition, HeldBinding } from "../../../src/protocol/index.ts";
import { chainStands, IMPERSONATE } from "../../../src/rbac/index.ts";
import { heldBinding } from "../held_binding.ts";
import { bindings as anyBindings, circumstances, NOON } from "./universe.ts";

const ACCOUNT = { id: "s0", projectId: "p1" };
const LATER = { now: NOON, ip: null };

/** Nearest first: s1 acts as s0, s2 as s1, a person as s2. */
const CHAIN: readonly ActingParty[] = [
  { type: "service_account", id: "s1", bindingId: "b1" },
  { type: "service_account", id: "s2", bindingId: "b2" },
  { type: "person", id: "somebody", issuer: "https://id.example.com", bindingId: "b3" },
];

const step = (index: number, members: Partial<HeldBinding> = {}) =>
  heldBinding({
    id: `b${index + 1}`,
    principalType: CHAIN[index]?.type === "person" ? "person" : "service_account",
    principalId: CHAIN[index]?.id ?? "",
    permissions: [IMPERSONATE],
    resource: { type: "service_account", id: `s${index}`, path: "" },
    ...members,
  });

const STEPS = [0, 1, 2].map((index) => step(index));
const stands = (bindings: readonly HeldBinding[], chain = CHAIN, when: typeof LATER = LATER) =>
  chainStands(chain, ACCOUNT, bindings, when);
const STEP_NAMES = [
  [0, "nearest"],
  [1, "middle"],
  [2, "first"],
] as const;

/** What a step's binding may become, and whether the chain stands then. */
const CHANGES: readonly (readonly [name: string, members: Partial<HeldBinding>, expected: boolean])[] = [
  ["stays", {}, true],
  ["permits more", { permissions: ["projects:read", IMPERSONATE] }, true],
  ["is on all of the project", { resource: { type: "project", id: "p1", path: "" } }, true],
  ["still holds", { condition: { notAfter: NOON + 1 } }, true],
  ["is for addresses: who knows from where it was", { condition: { ipRanges: ["203.0.113.7"] } }, true],
  ["is of a later version", { condition: { moonPhase: "full" } as BindingCondition }, true],
  ["permits it no more", { permissions: ["projects:read"] }, false],
  ["permits all of the APIs instead", { permissions: ["*"] }, false],
  ["permits nothing", { permissions: [] }, false],
  ["denies", { effect: "deny" }, false],
  ["has ended", { condition: { notAfter: NOON } }, false],
  ["has ended for some addresses", { condition: { notAfter: NOON, ipRanges: ["203.0.113.7"] } }, false],
  ["is another", { id: "b9" }, false],
  ["is on another account", { resource: { type: "service_account", id: "s9", path: "" } }, false],
  ["is on an API", { resource: { type: "resource_server", id: "s0", path: "" } }, false],
  ["is of another project", { projectId: "p2" }, false],
];

describe.each(STEP_NAMES)("step %i of an impersonation, the %s", (index) => {
  it.each(CHANGES)("when its binding %s", (_name, members, expected) => {
    expect(stands(STEPS.with(index, step(index, members)))).toBe(expected);
  });

  it("falls with its binding", () => {
    expect(stands(STEPS.toSpliced(index, 1))).toBe(false);
  });

  it.each<readonly [name: string, members: Partial<HeldBinding>, expected: boolean]>([
    ["a deny to its party falls it", {}, false],
    ["one on all of the project too", { resource: { type: "project", id: "p1", path: "" } }, false],
    // From where it was got was judged then, and nobody can know it now.
    ["one for an address does not", { condition: { ipRanges: ["203.0.113.7"] } }, true],
    ["one to a group of the same name does not", { principalType: "group" }, true],
    ["one that has ended does not", { condition: { notAfter: NOON } }, true],
    ["one to somebody else does not", { principalId: "nobody" }, true],
    ["one of something else does not", { permissions: ["projects:read", "*"] }, true],
    ["one on another account does not", { resource: { type: "service_account", id: "s9", path: "" } }, true],
    ["one of another project does not", { projectId: "p2" }, true],
  ])("%s", (_name, members, expected) => {
    const deny = step(index, { id: "d1", effect: "deny", ...members });
    for (const bindings of [
      [...STEPS, deny],
      [deny, ...STEPS],
    ])
      expect(stands(bindings)).toBe(expected);
  });
});

describe("an impersonation", () => {
  it("of nobody stands", () => {
    expect(stands([], [])).toBe(true);
  });

  it("by the operator stands without a binding, but not what others did before", () => {
    const operator: ActingParty = { type: "bootstrap", id: "bootstrap" };
    expect(stands([], [operator])).toBe(true);
    expect(stands(STEPS, [CHAIN[0]!, operator])).toBe(true);
    expect(stands([], [CHAIN[0]!, operator])).toBe(false);
  });

  it("by a party that names no binding falls", () => {
    expect(stands(STEPS, [{ type: "service_account", id: "s1" }])).toBe(false);
  });

  it("needs each step's binding for just that step", () => {
    // b1 lets s1 act as s0: it lets nobody act as s1.
    const chain = CHAIN.map((party) => ({ ...party, bindingId: "b1" }));
    expect(stands(STEPS, chain)).toBe(false);
    expect(stands(STEPS, chain.slice(0, 1))).toBe(true);
  });

  it("stands exactly as long as each of its steps does alone, whatever else is bound", () => {
    const verdicts = { stands: 0, falls: 0 };
    const shown = fc.record({
      length: fc.integer({ min: 1, max: 3 }),
      changes: fc.array(fc.constantFrom(...CHANGES, ...CHANGES.slice(0, 1), ...CHANGES.slice(0, 6)), {
        minLength: 3,
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(shown, anyBindings, circumstances, ({ length, changes }, others, when) => {
        const steps = changes.slice(0, length).map(([, members], index) => step(index, members));
        const all = [...steps, ...others.map((one, index) => ({ ...one, id: `o${index}` }))];
        const alone = CHAIN.slice(0, length).map((party, index) =>
          chainStands([party], { id: `s${index}`, projectId: "p1" }, all, when),
        );
        const stood = chainStands(CHAIN.slice(0, length), ACCOUNT, all, when);
        verdicts[stood ? "stands" : "falls"] += 1;
        expect(stood).toBe(!alone.includes(false));
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(verdicts.stands, verdicts.falls)).toBeGreaterThan(150);
  });
});
