import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantTarget, type Rights } from "../../../src/grants/target.ts";
import type { HeldBinding } from "../../../src/protocol/index.ts";
import { type Circumstances, PROJECT_PERMISSIONS } from "../../../src/rbac/index.ts";
import { API_PERMISSIONS, bindingOf, circumstances, isAllowedPlainly, OURS } from "../rbac/universe.ts";

const ISSUER = "https://sts.example.com";
const AUDIENCE = "https://api.example.com";
const API = {
  id: "a1",
  audience: AUDIENCE,
  permissions: API_PERMISSIONS.map((name) => ({ name, description: name })),
};

const bindings = fc.array(bindingOf(6), { maxLength: 5 });
const target = fc.constantFrom(ISSUER, ...["", "/x", "/x/y", "/xy", "/q"].map((path) => AUDIENCE + path));
const ANYTHING = [
  ...API_PERMISSIONS,
  ...OURS,
  ...PROJECT_PERMISSIONS.slice(0, 5),
  "*",
  "stock:read",
  "projects:create",
];

function grant(
  all: readonly HeldBinding[],
  when: Circumstances,
  wanted: string,
  scope: readonly string[] = [],
) {
  const anchor = { account: { projectId: "p1", allowedAudiences: [] }, api: API };
  const rights = { issuerUrl: ISSUER, anchor, bindings: all, circumstances: when };
  const judged = grantTarget(rights as unknown as Rights, { targets: [wanted], scope });
  return judged.ok ? judged.value : undefined;
}

describe("whatever the bindings and the wish", () => {
  it("without scope is granted exactly what is granted when asked for alone", () => {
    const sizes = { none: 0, some: 0 };
    fc.assert(
      fc.property(bindings, circumstances, target, (all, when, wanted) => {
        const whole = grant(all, when, wanted)?.scope ?? [];
        const alone = [...new Set([...ANYTHING, ...PROJECT_PERMISSIONS])].filter(
          (one) => grant(all, when, wanted, [one]) !== undefined,
        );
        expect([...whole].toSorted()).toEqual(alone.toSorted());
        sizes[whole.length === 0 ? "none" : "some"] += 1;
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(sizes.none, sizes.some)).toBeGreaterThan(100);
  });

  it("on an API is granted what its bindings give at the path that is asked for", () => {
    fc.assert(
      fc.property(bindings, circumstances, target, (all, when, wanted) => {
        if (wanted === ISSUER) return;
        const place = { projectId: "p1", resourceServerId: "a1", path: wanted.slice(AUDIENCE.length) };
        const expected = API_PERMISSIONS.filter((one) => isAllowedPlainly(all, one, place, when));
        expect(grant(all, when, wanted)?.scope ?? []).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("a part of what was granted is granted when asked for, as it is, and for as long at least", () => {
    let narrowed = 0;
    const part = fc.func(fc.boolean());
    fc.assert(
      fc.property(bindings, circumstances, target, part, (all, when, wanted, isIn) => {
        const whole = grant(all, when, wanted);
        const scope = whole?.scope.filter((one) => isIn(one)) ?? [];
        if (whole === undefined || scope.length === 0) return;
        narrowed += 1;
        const less = grant(all, when, wanted, scope);
        expect(less?.scope).toEqual(scope);
        expect(less?.until).toBeGreaterThanOrEqual(whole.until);
        expect(less?.audience).toBe(whole.audience);
      }),
      { numRuns: 2000 },
    );
    expect(narrowed).toBeGreaterThan(300);
  });

  it("a scope is granted as it is or not at all, and never beyond what is granted without", () => {
    fc.assert(
      fc.property(
        bindings,
        circumstances,
        target,
        fc.subarray(ANYTHING, { maxLength: 3 }),
        (all, when, wanted, scope) => {
          const whole = grant(all, when, wanted)?.scope ?? [];
          const asked = grant(all, when, wanted, scope);
          if (scope.length === 0) return;
          expect(asked?.scope).toEqual(scope.every((one) => whole.includes(one)) ? scope : undefined);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("a token ends no later than an hour from now, and no sooner than now", () => {
    fc.assert(
      fc.property(bindings, circumstances, target, (all, when, wanted) => {
        const until = grant(all, when, wanted)?.until ?? when.now + 1;
        expect(until).toBeGreaterThan(when.now);
        expect(until).toBeLessThanOrEqual(when.now + 3600);
      }),
      { numRuns: 1000 },
    );
  });

  it("one more deny never lengthens a token nor adds to its scope", () => {
    fc.assert(
      fc.property(bindings, bindingOf(4), circumstances, target, (all, one, when, wanted) => {
        const [before, after] = [
          grant(all, when, wanted),
          grant([...all, { ...one, effect: "deny" }], when, wanted),
        ];
        expect(after?.scope.filter((name) => before?.scope.includes(name) !== true) ?? []).toEqual([]);
        const same = after === undefined ? undefined : grant(all, when, wanted, after.scope);
        if (after === undefined || after.scope.length === 0) return;
        expect(after.until).toBeLessThanOrEqual(same?.until ?? 0);
      }),
      { numRuns: 2000 },
    );
  });
});
