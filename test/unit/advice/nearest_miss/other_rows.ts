import { equals, GITHUB, glob, ISSUER_URL, NOW, oneOf, type Row, tokenOf, trustOf } from "./parts.ts";

const SUB = "repo:acme/shop:ref:refs/heads/main";
const SUB_WITH_IDS = "repo:acme@4242/shop@777001:ref:refs/heads/main";
const UUID = "5e3f0c1a-8b2d-4c6e-9f70-1a2b3c4d5e6f";
const repository = equals("repository_id", "777001");
const watched = { ...equals("environment", "production"), mode: "shadow" as const };

/** Issuers, times, audiences, places, patterns and states; the trust alone can mend them. */
export const OTHER_ROWS: readonly Row[] = [
  {
    name: "a slash that the trust lacks",
    token: tokenOf({ iss: "https://oidc.example.com/tenant/" }),
    trust: trustOf([repository], { issuer: "https://oidc.example.com/tenant" }),
    kinds: ["issuer_slash"],
    patch: { issuer: "https://oidc.example.com/tenant/" },
  },
  {
    name: "a slash that the token lacks, iss asserted too",
    token: tokenOf(),
    trust: trustOf([equals("iss", `${GITHUB}/`), repository], { issuer: `${GITHUB}/` }),
    kinds: ["issuer_slash"],
    patch: { issuer: GITHUB, assertions: [equals("iss", GITHUB), repository] },
  },
  {
    name: "the case of the issuer's host",
    token: tokenOf(),
    trust: trustOf([repository], { issuer: "https://Token.Actions.githubusercontent.com" }),
    kinds: ["issuer_case"],
    patch: { issuer: GITHUB },
  },
  {
    name: "our URL with a slash as audience",
    token: tokenOf({ aud: `${ISSUER_URL}/` }),
    trust: trustOf([repository, watched]),
    kinds: ["audience"],
    patch: { assertions: [repository, watched, equals("aud", `${ISSUER_URL}/`)] },
  },
  {
    name: "another audience, asserted",
    token: tokenOf({ aud: "https://deploy.acme.example" }),
    trust: trustOf([equals("aud", "https://deploy.acme.test"), repository]),
    kinds: ["audience"],
    patch: { assertions: [equals("aud", "https://deploy.acme.example"), repository] },
  },
  {
    name: "our own URL, where another is asserted",
    token: tokenOf(),
    trust: trustOf([repository, oneOf("aud", "https://deploy.acme.test")]),
    kinds: ["audience"],
    patch: { assertions: [repository, oneOf("aud", "https://deploy.acme.test", ISSUER_URL)] },
  },
  {
    name: "one place of an array",
    token: tokenOf({ teams: ["dev", "ops"] }),
    trust: trustOf([repository, equals("/teams/0", "ops")]),
    kinds: ["array_member"],
    patch: { assertions: [repository, equals("teams", "ops")] },
  },
  {
    name: "a star under equals",
    token: tokenOf(),
    trust: trustOf([equals("sub", "repo:acme/shop:ref:refs/heads/*")]),
    kinds: ["glob_in_equals"],
    patch: { assertions: [glob("sub", "repo:acme/shop:ref:refs/heads/*")] },
  },
  {
    name: "a star that does not cross",
    token: tokenOf({ ref: "refs/heads/release/7/rc" }),
    trust: trustOf([repository, glob("ref", "refs/heads/release/*")]),
    kinds: ["glob_segment"],
    patch: { assertions: [repository, glob("ref", "refs/heads/release/**")] },
  },
  {
    name: "a clock that is ahead",
    token: tokenOf({ iat: NOW + 70, nbf: NOW + 61 }),
    trust: trustOf([repository]),
    kinds: ["clock_ahead"],
    patch: { leeway: 70 },
  },
  {
    name: "a clock that is as far ahead as may be",
    token: tokenOf({ iat: NOW + 299.5, exp: NOW + 600 }),
    trust: trustOf([repository]),
    kinds: ["clock_ahead"],
    patch: { leeway: 300 },
  },
  {
    name: "a token that has just expired",
    token: tokenOf({ exp: NOW - 90 }),
    trust: trustOf([repository]),
    kinds: ["expired"],
    patch: { leeway: 100 },
  },
  {
    name: "a token that is too old",
    token: tokenOf({ iat: NOW - 700 }),
    trust: trustOf([repository], { maxTokenAge: 300 }),
    kinds: ["too_old"],
    patch: { maxTokenAge: 720 },
  },
  {
    name: "other ids than were learned",
    token: tokenOf(),
    trust: trustOf([equals("repository", "acme/shop")], {
      learnedIds: [{ item: "repository", value: "acme/shop", ids: { repository_id: "776000" } }],
    }),
    kinds: ["identity_changed"],
    patch: { learnedIds: null },
  },
  {
    name: "a nested claim by its path",
    token: tokenOf({ "kubernetes.io": { namespace: "shop" } }),
    trust: trustOf([equals("kubernetes.io/namespace", "shop")]),
    kinds: ["pointer"],
    patch: { assertions: [equals("/kubernetes.io/namespace", "shop")] },
  },
  {
    name: "a nested claim by dots",
    token: tokenOf({ "kubernetes.io": { serviceaccount: { name: "deployer" } } }),
    trust: trustOf([glob("kubernetes.io.serviceaccount.name", "dep*")]),
    kinds: ["pointer"],
    patch: { assertions: [glob("/kubernetes.io/serviceaccount/name", "dep*")] },
  },
  {
    name: "a claim with a slash in its name, by a pointer",
    token: tokenOf({ "oidc.circleci.com/org-id": UUID }),
    trust: trustOf([equals("/oidc.circleci.com/org-id", UUID)]),
    kinds: ["pointer"],
    patch: { assertions: [equals("oidc.circleci.com/org-id", UUID)] },
  },
  {
    name: "a trust that is disabled",
    token: tokenOf(),
    trust: trustOf([repository], { disabled: true }),
    kinds: ["disabled"],
    patch: { disabled: false },
  },
  {
    name: "a trust in shadow",
    token: tokenOf(),
    trust: trustOf([repository], { mode: "shadow" }),
    kinds: ["shadow"],
    patch: { mode: "enforce" },
  },
  {
    name: "many at once",
    token: tokenOf({ iss: `${GITHUB}/acme/`, sub: SUB_WITH_IDS, iat: NOW + 95, aud: `${ISSUER_URL}/` }),
    trust: trustOf([equals("sub", SUB), watched, equals("ref", "main")], { issuer: `${GITHUB}/acme` }),
    kinds: ["issuer_slash", "clock_ahead", "audience", "sub_form", "ref_prefix"],
    patch: {
      issuer: `${GITHUB}/acme/`,
      leeway: 100,
      assertions: [
        oneOf("sub", SUB, SUB_WITH_IDS),
        watched,
        equals("ref", "refs/heads/main"),
        equals("aud", `${ISSUER_URL}/`),
      ],
    },
  },
];
