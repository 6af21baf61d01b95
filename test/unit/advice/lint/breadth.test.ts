import { describe, expect, it } from "vitest";
import { breadthOf } from "../../../../src/advice/lint/breadth.ts";
import { UNITS } from "../../../../src/advice/lint/breadth_words.ts";
import type { ClaimAssertion } from "../../../../src/protocol/index.ts";
import { expandTemplate } from "../../../../src/trust/templates/expand.ts";
import { kindOfIssuer, TEMPLATES } from "../../../../src/trust/templates/index.ts";
import {
  EKS,
  equals,
  GITHUB,
  GITLAB,
  glob,
  ID,
  MAIN,
  NO_PULL_REQUESTS,
  oneOf,
  shadow,
  UNKNOWN,
} from "./trusts.ts";

type Row = readonly [words: string, issuer: string, assertions: readonly ClaimAssertion[]];

const HCP = "https://app.terraform.io";
const BUILDKITE = "https://agent.buildkite.com";
const OWNER = equals("repository_owner_id", "4242");

const ROWS: readonly Row[] = [
  ["one branch of one repository", GITHUB, [ID, MAIN]],
  ["one branch of one repository", GITHUB, [ID, OWNER, equals("repository", "acme/shop"), MAIN]],
  [
    "one branch of one repository",
    GITHUB,
    [equals("/repository_id", "1"), equals("/ref", "refs/heads/main")],
  ],
  ["any branch of one repository", GITHUB, [ID, NO_PULL_REQUESTS]],
  ["any branch of one repository, pull requests too", GITHUB, [ID]],
  ["any branch of one repository, pull requests too", GITHUB, [ID, shadow(MAIN)]],
  ["one tag of one repository", GITHUB, [ID, equals("ref", "refs/tags/v1")]],
  ["2 branches of one repository", GITHUB, [ID, oneOf("ref", "refs/heads/main", "refs/heads/next")]],
  ["2 refs of one repository", GITHUB, [ID, oneOf("ref", "refs/heads/main", "refs/tags/v1")]],
  ['branches like "release/*" of one repository', GITHUB, [ID, glob("ref", "refs/heads/release/*")]],
  ["any tag of one repository", GITHUB, [ID, glob("ref", "refs/tags/**")]],
  ["one environment of one repository", GITHUB, [ID, equals("environment", "production")]],
  [
    "one branch and one environment of one repository",
    GITHUB,
    [ID, MAIN, equals("environment", "production")],
  ],
  ["any branch of 2 repositories", GITHUB, [oneOf("repository_id", "1", "2"), NO_PULL_REQUESTS]],
  ["every repository of one owner", GITHUB, [OWNER, NO_PULL_REQUESTS]],
  ["every repository of 2 owners", GITHUB, [oneOf("repository_owner_id", "1", "2"), NO_PULL_REQUESTS]],
  ["every repository of one owner", GITHUB, [glob("repository", "acme/*"), NO_PULL_REQUESTS]],
  ['repositories like "acme/shop-*"', GITHUB, [glob("repository", "acme/shop-*"), NO_PULL_REQUESTS]],
  ["one branch of every repository of one owner", GITHUB, [OWNER, MAIN]],
  ["one branch of one repository", GITHUB, [equals("sub", "repo:acme/shop:ref:refs/heads/main")]],
  [
    "one branch of one repository",
    GITHUB,
    [oneOf("sub", "repo:acme/shop:ref:refs/heads/main", "repo:acme@4242/shop@777001:ref:refs/heads/main")],
  ],
  ["any branch of one repository, pull requests too", GITHUB, [glob("sub", "repo:acme/shop:**")]],
  ["every repository of one owner, pull requests too", GITHUB, [glob("sub", "repo:acme/**")]],
  [
    'branches like "release/*" of one repository',
    GITHUB,
    [glob("sub", "repo:acme/shop:ref:refs/heads/release/*")],
  ],
  ["one branch of one repository, where runner is false", GITHUB, [ID, MAIN, equals("runner", false)]],
  ['one branch of one repository, where actor is "lena"', GITHUB, [ID, MAIN, equals("actor", "lena")]],
  [
    "any protected branch of one project",
    GITLAB,
    [equals("project_id", "1"), equals("ref_protected", "true")],
  ],
  ["one branch or tag of one project", GITLAB, [equals("project_id", "1"), equals("ref", "main")]],
  [
    "one branch of one project",
    GITLAB,
    [equals("project_id", "1"), equals("ref", "main"), equals("ref_type", "branch")],
  ],
  ["one branch of one project", GITLAB, [equals("sub", "project_path:a/b:ref_type:branch:ref:main")]],
  ["one service account of one cluster", EKS, [equals("sub", "system:serviceaccount:shop:deployer")]],
  ["every service account of one namespace", EKS, [glob("sub", "system:serviceaccount:shop:*")]],
  ["every service account of one namespace", EKS, [equals("/kubernetes.io/namespace", "shop")]],
  [
    "one workspace, apply phase",
    HCP,
    [equals("terraform_workspace_id", "ws-1"), equals("terraform_run_phase", "apply")],
  ],
  ["one workspace, any phase", HCP, [equals("terraform_workspace_id", "ws-1")]],
  [
    "every workspace of one organization, plan or apply phase",
    HCP,
    [equals("terraform_organization_id", "o"), oneOf("terraform_run_phase", "plan", "apply")],
  ],
  [
    "one workspace, apply phase",
    HCP,
    [equals("sub", "organization:a:project:b c:workspace:d:run_phase:apply")],
  ],
  ["one branch of one pipeline", BUILDKITE, [equals("pipeline_id", "p"), equals("build_branch", "main")]],
  ['every token of this issuer whose sub is exactly "X"', UNKNOWN, [equals("sub", "X")]],
  ['every token of this issuer whose sub is exactly "X"', UNKNOWN, [equals("aud", "a"), equals("sub", "X")]],
  [
    'every token of this issuer whose sub is like "a/*" and team is one of ["b","c"]',
    UNKNOWN,
    [glob("sub", "a/*"), oneOf("team", "b", "c")],
  ],
  ['every token of this issuer whose ref is exactly "refs/heads/main"', GITHUB, [MAIN]],
  ["every token of this issuer", UNKNOWN, [equals("aud", "a")]],
  ["nobody: no assertion is enforced", UNKNOWN, [shadow(ID)]],
  [
    "every token of this issuer whose a is exactly 1 and b is exactly 2 and c is there and 2 more conditions hold",
    UNKNOWN,
    [
      equals("a", 1),
      equals("b", 2),
      { item: "c", operator: "exists", value: true },
      equals("d", 4),
      equals("e", 5),
    ],
  ],
];

it.each(ROWS)("%s", (words, issuer, assertions) => {
  expect(breadthOf({ issuer, assertions })).toBe(words);
});

describe.each(TEMPLATES.map((template) => [template.name, template] as const))("%s", (_name, template) => {
  const examples = Object.entries(template.parameters).map(([name, { example }]) => [name, example]);
  const expanded = expandTemplate(template, Object.fromEntries(examples));

  it("has words of its own where its issuer tells its kind", () => {
    if (!expanded.ok) throw new Error(JSON.stringify(expanded.refusal));
    const words = breadthOf(expanded.value);
    expect(words.startsWith("every token")).toBe(kindOfIssuer(expanded.value.issuer) === undefined);
  });
});

it("there are words for templates that are", () => {
  const names = TEMPLATES.map(({ name }) => name);
  expect(Object.keys(UNITS).filter((name) => !names.includes(name))).toEqual([]);
});
