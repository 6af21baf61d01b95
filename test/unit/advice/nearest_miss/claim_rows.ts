import { equals, glob, oneOf, type Row, tokenOf, trustOf } from "./parts.ts";

const SUB = "repo:acme/shop:ref:refs/heads/main";
const SUB_WITH_IDS = "repo:acme@4242/shop@777001:ref:refs/heads/main";
const UUID = "5e3f0c1a-8b2d-4c6e-9f70-1a2b3c4d5e6f";
const STEP = "0d9c8b7a-6f5e-4d3c-8b2a-190807060504";
const repository = equals("repository_id", "777001");
const owner = equals("repository_owner_id", "4242");
const watched = { ...equals("environment", "production"), mode: "shadow" as const };

/** Values that are spelled otherwise; the trust alone can mend them. */
export const CLAIM_ROWS: readonly Row[] = [
  {
    name: "sub with ids, the trust without",
    token: tokenOf({ sub: SUB_WITH_IDS }),
    trust: trustOf([owner, watched, equals("sub", SUB), repository]),
    kinds: ["sub_form"],
    patch: { assertions: [owner, watched, oneOf("sub", SUB, SUB_WITH_IDS), repository] },
  },
  {
    name: "sub without ids, the trust with",
    token: tokenOf(),
    trust: trustOf([equals("sub", SUB_WITH_IDS)]),
    kinds: ["sub_form"],
    patch: { assertions: [oneOf("sub", SUB_WITH_IDS, SUB), owner, repository] },
  },
  {
    name: "sub with ids, the trust has a list",
    token: tokenOf({ sub: SUB_WITH_IDS }),
    trust: trustOf([oneOf("sub", SUB, "repo:acme/blog:ref:refs/heads/main")]),
    kinds: ["sub_form"],
    patch: { assertions: [oneOf("sub", SUB, SUB_WITH_IDS, "repo:acme/blog:ref:refs/heads/main")] },
  },
  {
    name: "sub with ids, the trust has a pattern",
    token: tokenOf({ sub: SUB_WITH_IDS }),
    trust: trustOf([glob("sub", "repo:acme/shop:ref:refs/heads/*")]),
    kinds: ["sub_form"],
    patch: { assertions: [glob("sub", "repo:acme@4242/shop@777001:ref:refs/heads/*")] },
  },
  {
    name: "sub with ids, the trust has a pattern of repositories",
    token: tokenOf({ sub: SUB_WITH_IDS }),
    trust: trustOf([glob("sub", "repo:acme/*:ref:refs/heads/main")]),
    kinds: ["sub_form"],
    patch: { assertions: [glob("sub", "repo:acme@4242/*:ref:refs/heads/main")] },
  },
  {
    name: "the case of a name",
    token: tokenOf({ repository: "Acme/Shop" }),
    trust: trustOf([equals("repository", "acme/shop")]),
    kinds: ["case"],
    patch: { assertions: [equals("repository", "Acme/Shop")] },
  },
  {
    name: "the case of a pattern",
    token: tokenOf({ sub: "repo:Acme/Shop:ref:refs/heads/main" }),
    trust: trustOf([glob("sub", "repo:acme/s*:ref:refs/heads/**")]),
    kinds: ["case"],
    patch: { assertions: [glob("sub", "repo:Acme/S*:ref:refs/heads/**")] },
  },
  {
    name: "the case of a member of an array",
    token: tokenOf({ groups: ["dev", "Admins"] }),
    trust: trustOf([repository, oneOf("groups", "owners", "admins")]),
    kinds: ["case"],
    patch: { assertions: [repository, oneOf("groups", "owners", "Admins")] },
  },
  {
    name: "braces that the trust lacks",
    token: tokenOf({ repositoryUuid: `{${UUID}}` }),
    trust: trustOf([equals("repositoryUuid", UUID)]),
    kinds: ["braces"],
    patch: { assertions: [equals("repositoryUuid", `{${UUID}}`)] },
  },
  {
    name: "braces that the token lacks",
    token: tokenOf({ repositoryUuid: UUID }),
    trust: trustOf([equals("repositoryUuid", `{${UUID}}`)]),
    kinds: ["braces"],
    patch: { assertions: [equals("repositoryUuid", UUID)] },
  },
  {
    name: "braces in a pattern",
    token: tokenOf({ sub: `{${UUID}}:{${STEP}}` }),
    trust: trustOf([glob("sub", `${UUID}:*`), repository]),
    kinds: ["braces"],
    patch: { assertions: [glob("sub", `{${UUID}}:*`), repository] },
  },
  {
    name: "a branch by its short name",
    token: tokenOf(),
    trust: trustOf([repository, equals("ref", "main")]),
    kinds: ["ref_prefix"],
    patch: { assertions: [repository, equals("ref", "refs/heads/main")] },
  },
  {
    name: "a tag by its short name",
    token: tokenOf({ job_workflow_ref: "acme/ci/.github/workflows/release.yml@refs/tags/v3" }),
    trust: trustOf([equals("job_workflow_ref", "acme/ci/.github/workflows/release.yml@v3")]),
    kinds: ["ref_prefix"],
    patch: {
      assertions: [equals("job_workflow_ref", "acme/ci/.github/workflows/release.yml@refs/tags/v3")],
    },
  },
  {
    name: "a branch by its full name, where the token has the short one",
    token: tokenOf({ ref: "main" }),
    trust: trustOf([repository, equals("ref", "refs/heads/main")]),
    kinds: ["ref_prefix"],
    patch: { assertions: [repository, equals("ref", "main"), equals("ref_type", "branch")] },
  },
  {
    name: "branches by a short pattern",
    token: tokenOf({ ref: "refs/heads/release/7" }),
    trust: trustOf([repository, glob("ref", "release/*")]),
    kinds: ["ref_prefix"],
    patch: { assertions: [repository, glob("ref", "refs/heads/release/*")] },
  },
  {
    name: "a number as a text",
    token: tokenOf(),
    trust: trustOf([equals("repository_id", 777001)]),
    kinds: ["number_as_string"],
    patch: { assertions: [equals("repository_id", "777001")] },
  },
  {
    name: "a text as a number",
    token: tokenOf({ build_number: 12 }),
    trust: trustOf([repository, oneOf("build_number", "11", "12", "x")]),
    kinds: ["string_as_number"],
    patch: { assertions: [repository, oneOf("build_number", 11, 12, "x")] },
  },
  {
    name: "a number that must not be, as a text",
    token: tokenOf({ actor_id: "99" }),
    trust: trustOf([repository, { item: "actor_id", operator: "notEquals", value: 100 }]),
    kinds: ["number_as_string"],
    patch: { assertions: [repository, { item: "actor_id", operator: "notEquals", value: "100" }] },
  },
  {
    name: "a boolean as a text",
    token: tokenOf({ ref_protected: "true" }),
    trust: trustOf([repository, equals("ref_protected", true)]),
    kinds: ["boolean_as_string"],
    patch: { assertions: [repository, equals("ref_protected", "true")] },
  },
  {
    name: "a text as a boolean",
    token: tokenOf({ ref_protected: true }),
    trust: trustOf([repository, glob("ref_protected", "true")]),
    kinds: ["string_as_boolean"],
    patch: { assertions: [repository, equals("ref_protected", true)] },
  },
  {
    name: "white space in a pattern",
    token: tokenOf(),
    trust: trustOf([glob("repository", "acme/* ")]),
    kinds: ["white_space"],
    patch: { assertions: [glob("repository", "acme/*")] },
  },
  {
    name: "white space in the trust",
    token: tokenOf({ project: "Default Project" }),
    trust: trustOf([repository, equals("project", " Default\u00a0Project\u200b")]),
    kinds: ["white_space"],
    patch: { assertions: [repository, equals("project", "Default Project")] },
  },
];
