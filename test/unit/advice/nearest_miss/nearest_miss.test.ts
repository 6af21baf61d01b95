import { describe, expect, it } from "vitest";
import { MISS_KINDS } from "../../../../src/advice/nearest_miss/miss.ts";
import { nearestMiss } from "../../../../src/advice/nearest_miss/nearest_miss.ts";
import { faultOfValue } from "../../../../src/trust/operators.ts";
import { CLAIM_ROWS } from "./claim_rows.ts";
import { OTHER_ROWS } from "./other_rows.ts";
import { AT, applied, equals, GITHUB, glob, ISSUER_URL, NOW, tokenOf, trustOf, whyNot } from "./parts.ts";
import { UNMENDED_ROWS } from "./unmended_rows.ts";

const MENDED = [...CLAIM_ROWS, ...OTHER_ROWS];

describe("what the trust alone can mend", () => {
  it.each(MENDED)("$name", ({ token, trust, kinds, patch }) => {
    const found = nearestMiss(token, [trust], AT);
    expect(found).toMatchObject({ trustId: trust.id, trustName: trust.name, kinds, patch });
    expect(found?.detail).toMatch(/\w/);
    expect(found?.detail.length).toBeLessThanOrEqual(600);
  });

  it.each(MENDED)("is mended by its patch: $name", (row) => {
    expect(whyNot(row.token, row.trust)).toBeDefined();
    const offered = nearestMiss(row.token, [row.trust], AT)?.patch;
    const after = applied(row.trust, offered);
    expect(whyNot(row.token, after)).toBeUndefined();
    const written = after.assertions.filter((assertion) => !row.trust.assertions.includes(assertion));
    expect(written.map(faultOfValue)).toEqual(written.map(() => undefined));
  });
});

describe("what no change of the trust should mend", () => {
  it.each(UNMENDED_ROWS)("$name", ({ token, trust, kinds }) => {
    expect(nearestMiss(token, [trust], AT)).toMatchObject({ kinds, patch: null });
  });

  it.each([
    ["path", `${GITHUB}/acme-inc`],
    ["case of the path", "https://oidc.example.com/Tenant"],
    ["scheme", "http://token.actions.githubusercontent.com"],
    ["two slashes", `${GITHUB}//`],
    ["host", "https://token.actions.githubusercontent.com.evil.example"],
  ])("an issuer of another %s is nobody's miss", (_part, issuer) => {
    const trusts = [GITHUB, "https://oidc.example.com/tenant"].map((trusted) =>
      trustOf([equals("repository_id", "777001")], { issuer: trusted }),
    );
    expect(nearestMiss(tokenOf({ iss: issuer }), trusts, AT)).toBeUndefined();
  });
});

describe("every kind", () => {
  it("has its row", () => {
    const told = new Set([...MENDED, ...UNMENDED_ROWS].flatMap(({ kinds }) => kinds));
    expect(MISS_KINDS.filter((kind) => !told.has(kind))).toEqual([]);
  });
});

describe("of several trusts", () => {
  const far = trustOf([equals("repository_id", "1"), equals("ref", "main")], { id: "far" });
  const plain = trustOf([equals("repository_id", "1")], { id: "plain" });
  const near = trustOf([equals("ref", "main")], { id: "near" });
  const met = trustOf([equals("repository_id", "777001")], { id: "met" });

  it.each([
    ["fewest differences", [far, plain], "plain"],
    ["fewest plain ones, of as many", [far, plain, near], "near"],
    ["none at all", [near, met], "met"],
    ["the first of equals", [near, { ...near, id: "later" }], "near"],
  ])("takes that with %s", (_name, trusts, trustId) => {
    expect(nearestMiss(tokenOf(), trusts, AT)?.trustId).toBe(trustId);
  });

  it("finds none where there is none", () => {
    expect(nearestMiss(tokenOf(), [], AT)).toBeUndefined();
  });
});

describe("the words", () => {
  const detailOf = (claims: Parameters<typeof tokenOf>[0], trust: ReturnType<typeof trustOf>) =>
    nearestMiss(tokenOf(claims), [trust], AT)?.detail;

  it("say that one claim alone differs, and whose ids to look at", () => {
    const detail = detailOf(
      { sub: "repo:acme@4242/shop@777001:ref:refs/heads/main" },
      trustOf([equals("sub", "repo:acme/shop:ref:refs/heads/main")]),
    );
    expect(detail).toMatch(/^Only sub differs: the repository now sends the `@id` form.*4242.*777001/);
  });

  it("say how far the clock is ahead", () => {
    expect(detailOf({ iat: NOW + 70 }, trustOf([equals("repository_id", "777001")]))).toMatch(/70 s ahead/);
  });

  it("send the pipeline for our audience, where others take what it has", () => {
    const detail = detailOf({ aud: "https://github.com/acme" }, trustOf([equals("repository_id", "777001")]));
    expect(detail).toContain(`let the pipeline ask for "${ISSUER_URL}"`);
  });

  it("warn first of somebody who may have taken the name", () => {
    const learnedIds = [{ item: "repository", value: "acme/shop", ids: { repository_id: "1" } }];
    const trust = trustOf([equals("repository", "acme/shop"), equals("ref", "main")], { learnedIds });
    expect(detailOf({}, trust)).toMatch(/^the identity: WARNING/);
  });

  it("say which job sends a claim, and where one of the name is", () => {
    const trust = trustOf([equals("environment", "production")]);
    expect(detailOf({}, trust)).toContain("GitHub Actions sends it for some jobs only");
    expect(detailOf({ deployment: { environment: "production" } }, trust)).toContain(
      '"/deployment/environment"',
    );
  });

  it("escape what is foreign, and end", () => {
    const evil = `\u001b[31m"\n${"x".repeat(3000)}`;
    const assertions = Array.from({ length: 50 }, (_, index) => equals(`claim_${index}`, "y"));
    const claims = Object.fromEntries(assertions.map(({ item }) => [item, evil]));
    const detail = detailOf({ ...claims, aud: evil }, trustOf(assertions)) ?? "";
    expect(detail.length).toBe(600);
    expect(detail).not.toMatch(/\p{Cc}/u);
  });

  it.each([
    ["its case", equals("client_secret", "HUNTER2/x")],
    ["a pattern's case", glob("client_secret", "HUNTER2/*")],
    ["a star", equals("client_secret", "hunter2/*")],
    ["white space", equals("client_secret", " hunter2/x")],
    ["a difference", equals("client_secret", "other")],
  ])("keep a credential to themselves that misses by %s", (_name, asserted) => {
    const found = nearestMiss(tokenOf({ client_secret: "hunter2/x" }), [trustOf([asserted])], AT);
    expect(found?.patch).toBeNull();
    expect(found?.detail).toMatch(/\[redacted\]/);
    expect(found?.detail).not.toContain("hunter2/x");
  });
});
