import { equals, glob, ISSUER_URL, NOW, oneOf, type Row, tokenOf, trustOf } from "./parts.ts";

const SUB = "repo:acme/shop:ref:refs/heads/main";
const SUB_WITH_IDS = "repo:acme@4242/shop@777001:ref:refs/heads/main";
const repository = equals("repository_id", "777001");
const watched = { ...equals("environment", "production"), mode: "shadow" as const };

/** What no change of the trust should mend. */
export const UNMENDED_ROWS: readonly Row[] = (
  [
    [
      "a fork",
      tokenOf({ sub: "repo:mallory@666/shop@999:ref:refs/heads/main", repository_id: "999" }),
      trustOf([equals("sub", SUB), repository]),
      ["difference"],
    ],
    ["another repository", tokenOf({ repository_id: "777002" }), trustOf([repository]), ["difference"]],
    ["another branch", tokenOf({ ref: "refs/heads/x" }), trustOf([equals("ref", "main")]), ["difference"]],
    [
      "another tenant",
      tokenOf({ repository_owner: "acme-x" }),
      trustOf([glob("repository_owner", "acme")]),
      ["difference"],
    ],
    [
      "two differences, one of them plain",
      tokenOf({ sub: SUB_WITH_IDS, environment: "staging" }),
      trustOf([equals("sub", SUB), equals("environment", "production")]),
      ["sub_form", "difference"],
    ],
    [
      "the rest of sub differs too",
      tokenOf({ sub: `${SUB_WITH_IDS}2` }),
      trustOf([equals("sub", SUB)]),
      ["difference"],
    ],
    [
      "ids in sub that an assertion gainsays",
      tokenOf({ sub: SUB_WITH_IDS, repository_id: undefined }),
      trustOf([equals("sub", SUB), { ...equals("repository_id", "888"), mode: "enforce" }]),
      ["difference", "absent"],
    ],
    [
      "ids in sub that the token's other claims gainsay",
      tokenOf({ sub: "repo:acme@4242/shop@888:ref:refs/heads/main" }),
      trustOf([equals("sub", SUB)]),
      ["difference"],
    ],
    [
      "names in sub of a repository with other ids",
      tokenOf({ repository_id: "888" }),
      trustOf([equals("sub", SUB_WITH_IDS)]),
      ["difference"],
    ],
    [
      "names in sub of a repository that sends no ids",
      tokenOf({ repository_id: undefined, repository_owner_id: undefined }),
      trustOf([equals("sub", SUB_WITH_IDS)]),
      ["difference"],
    ],
    [
      "the case of a name whose ids were learned",
      tokenOf({ repository: "Acme/shop", repository_id: "888" }),
      trustOf([equals("repository", "acme/shop")], {
        learnedIds: [{ item: "repository", value: "acme/shop", ids: { repository_id: "777001" } }],
      }),
      ["difference"],
    ],
    [
      "a branch whose name begins with another's",
      tokenOf(),
      trustOf([equals("ref", "refs/heads/refs/heads/main")]),
      ["difference"],
    ],
    [
      "a pattern of branches of which only a star would be left",
      tokenOf({ branchName: "main" }),
      trustOf([repository, glob("branchName", "refs/heads/*")]),
      ["difference"],
    ],
    [
      "sub of one whose ids were learned",
      tokenOf({ sub: "repo:acme@4242/shop@888:ref:refs/heads/main", repository_id: "888" }),
      trustOf([equals("sub", SUB)], {
        learnedIds: [{ item: "sub", value: SUB, ids: { repository_id: "777001" } }],
      }),
      ["difference"],
    ],
    [
      "sub of one whose ids were learned, by a pattern",
      tokenOf({ sub: "repo:acme@4242/shop@888:ref:refs/heads/main", repository_id: "888" }),
      trustOf([glob("sub", "repo:acme/shop:**")], {
        learnedIds: [{ item: "sub", value: "repo:acme/shop:x", ids: { repository_id: "777001" } }],
      }),
      ["difference"],
    ],
    [
      "a place of an array that must not be",
      tokenOf({ teams: ["dev"] }),
      trustOf([repository, { item: "/teams/1", operator: "notEquals", value: "ops" }]),
      ["absent"],
    ],
    ["a star alone", tokenOf(), trustOf([equals("sub", "**")]), ["glob_in_equals"]],
    ["a star for the owner", tokenOf(), trustOf([equals("sub", "repo:**")]), ["glob_in_equals"]],
    ["a star that begins", tokenOf(), trustOf([equals("repository", "*/shop")]), ["glob_in_equals"]],
    ["a star among others", tokenOf(), trustOf([oneOf("sub", "repo:acme/shop:**", "x")]), ["glob_in_equals"]],
    [
      "a star for a pull request",
      tokenOf({ sub: "repo:acme/shop:pull_request", event_name: "pull_request" }),
      trustOf([equals("sub", "repo:acme/shop:*")]),
      ["glob_in_equals"],
    ],
    [
      "a pattern that would cross into another repository",
      tokenOf({ sub: "repo:acme/evil:x:ref:refs/heads/main" }),
      trustOf([glob("sub", "repo:acme/*:ref:refs/heads/main")]),
      ["difference"],
    ],
    ["a star in the token", tokenOf({ sub: "repo:acme/*" }), trustOf([equals("sub", SUB)]), ["difference"]],
    [
      "a branch in another case",
      tokenOf({ ref: "refs/heads/Main" }),
      trustOf([equals("ref", "refs/heads/main")]),
      ["difference"],
    ],
    [
      "a letter that folds into another",
      tokenOf({ repository: "acme/\u212ait" }),
      trustOf([equals("repository", "acme/kit")]),
      ["difference"],
    ],
    [
      "a tag that is called like a branch",
      tokenOf({ ref: "refs/tags/main" }),
      trustOf([repository, equals("ref", "main")]),
      ["ref_prefix"],
    ],
    [
      "a tag in place of a branch",
      tokenOf({ ref: "refs/tags/main" }),
      trustOf([equals("ref", "refs/heads/main")]),
      ["difference"],
    ],
    [
      "a branch whose name ends alike",
      tokenOf({ ref: "refs/heads/refs/heads/main" }),
      trustOf([equals("ref", "refs/heads/main")]),
      ["difference"],
    ],
    [
      "white space in the token",
      tokenOf({ environment: "prod " }),
      trustOf([equals("environment", "prod")]),
      ["white_space"],
    ],
    [
      "a list as one text",
      tokenOf({ teams: "dev,ops" }),
      trustOf([equals("teams", "ops")]),
      ["array_member"],
    ],
    ["a shared audience", tokenOf({ aud: "https://github.com/acme" }), trustOf([repository]), ["audience"]],
    [
      "a cloud's audience",
      tokenOf({ aud: "sts.amazonaws.com" }),
      trustOf([repository, equals("aud", ISSUER_URL)]),
      ["audience"],
    ],
    ["an audience that says nothing", tokenOf({ aud: "default" }), trustOf([repository]), ["audience"]],
    [
      "several audiences",
      tokenOf({ aud: ["https://a.example/x", "https://b.example"] }),
      trustOf([repository]),
      ["audience"],
    ],
    [
      "a clock far ahead",
      tokenOf({ iat: NOW + 301, exp: NOW + 900 }),
      trustOf([repository]),
      ["clock_ahead"],
    ],
    ["a token long expired", tokenOf({ exp: NOW - 301 }), trustOf([repository]), ["expired"]],
    [
      "a token that lives for a year",
      tokenOf({ exp: NOW + 31_536_000 }),
      trustOf([repository]),
      ["difference"],
    ],
    [
      "a token hours old",
      tokenOf({ iat: NOW - 7200 }),
      trustOf([repository], { maxTokenAge: 300 }),
      ["too_old"],
    ],
    [
      "a token of no age",
      tokenOf({ iat: undefined }),
      trustOf([repository], { maxTokenAge: 300 }),
      ["too_old"],
    ],
    ["a claim that is not there", tokenOf(), trustOf([equals("environment", "production")]), ["absent"]],
    [
      "a claim that must be there",
      tokenOf(),
      trustOf([repository, { item: "environment", operator: "exists", value: true }]),
      ["absent"],
    ],
    [
      "a claim that must not be there",
      tokenOf(),
      trustOf([repository, { item: "ref", operator: "exists", value: false }]),
      ["difference"],
    ],
    [
      "an event that must not be",
      tokenOf({ event_name: "pull_request" }),
      trustOf([{ item: "event_name", operator: "notIn", value: ["pull_request"] }]),
      ["difference"],
    ],
    [
      "a number as a text, under a limit",
      tokenOf({ age: "5" }),
      trustOf([{ item: "age", operator: "lessThan", value: 10 }]),
      ["number_as_string"],
    ],
    [
      "a nested claim of another value",
      tokenOf({ a: { b: "x" } }),
      trustOf([equals("a.b", "y")]),
      ["pointer"],
    ],
    [
      "an issuer's host that no trust can name",
      tokenOf({ iss: "https://Token.actions.githubusercontent.com" }),
      trustOf([repository]),
      ["issuer_case"],
    ],
    ["only watched assertions", tokenOf(), trustOf([watched]), ["difference"]],
    [
      "a credential among claims",
      tokenOf({ nonce: "Abcdef" }),
      trustOf([repository, equals("nonce", "abcdef")]),
      ["case"],
    ],
    ["no longer a miss", tokenOf(), trustOf([repository]), ["passes_now"]],
  ] as const
).map(([name, token, trust, kinds]) => ({ name, token, trust, kinds, patch: null }));
