import { describe, expect, it } from "vitest";
import { LINT_CODES } from "../../../../src/advice/lint/finding.ts";
import { lintTrust } from "../../../../src/advice/lint/lint.ts";
import type { ClaimAssertion } from "../../../../src/protocol/index.ts";
import {
  EKS,
  equals,
  GHES,
  GITHUB,
  GITLAB,
  glob,
  ID,
  lint,
  MAIN,
  NO_PULL_REQUESTS,
  oneOf,
  shadow,
  shown,
  UNKNOWN,
} from "./trusts.ts";

type Row = readonly [
  what: string,
  issuer: string,
  assertions: readonly ClaimAssertion[],
  found: readonly string[],
];

const SHARED = "refuse shared_issuer /assertions";
const CHOSEN = "refuse chosen_claims_only /assertions";
const PULL = "warn pull_requests /assertions";
const NAME = "warn mutable_name /assertions/0";
const TOO_WIDE = "refuse glob_too_wide /assertions/0";
const WIDE = "warn glob_wide /assertions/0";
const OWNER = equals("repository_owner_id", "4242");
const BUILDKITE = "https://agent.buildkite.com";

const SOUND: readonly Row[] = [
  ["an id and a ref", GITHUB, [ID, MAIN], []],
  ["an id and an environment", GITHUB, [ID, equals("environment", "production")], []],
  ["an id and no pull requests", GITHUB, [ID, NO_PULL_REQUESTS], []],
  ["an owner's id and no pull requests", GITHUB, [OWNER, NO_PULL_REQUESTS], []],
  ["several owners by their ids", GITHUB, [oneOf("repository_owner_id", "1", "2"), MAIN], []],
  [
    "an item as a JSON Pointer",
    GITHUB,
    [equals("/repository_id", "1"), equals("/ref", "refs/heads/main")],
    [],
  ],
  [
    "an id beside a subject in both spellings",
    GITHUB,
    [ID, oneOf("sub", "repo:a/b:ref:x", "repo:a@1/b@2:ref:x")],
    [],
  ],
  ["an id beside its name", GITHUB, [equals("repository", "acme/shop"), ID, MAIN], []],
  [
    "an id beside a wide pattern, which only narrows",
    GITHUB,
    [ID, glob("sub", "repo:acme*/shop*:ref:**")],
    [],
  ],
  ["release branches", GITHUB, [ID, glob("ref", "refs/heads/release/*")], []],
  ["an audience of one's own", GITHUB, [ID, MAIN, equals("aud", "https://sts.example.com")], []],
  ["whom not, of persons", GITHUB, [ID, MAIN, { item: "actor", operator: "notEquals", value: "bot" }], []],
  ["a subject of an unknown issuer", UNKNOWN, [equals("sub", "job:deploy")], []],
  [
    "a subject and an e-mail address of an unknown issuer",
    UNKNOWN,
    [equals("sub", "1"), equals("email", "a@b.c")],
    [],
  ],
  ["a SPIFFE path", UNKNOWN, [glob("sub", "spiffe://acme.example/ns/shop/sa/*")], []],
  ["a service account", EKS, [equals("sub", "system:serviceaccount:shop:deployer")], []],
  ["a repository of one's own server", GHES, [ID, MAIN], []],
  [
    "a name within the tenant, beside an id",
    BUILDKITE,
    [equals("pipeline_id", "1"), equals("queue_key", "linux")],
    [],
  ],
  [
    "the path that CircleCI calls a claim",
    "https://oidc.circleci.com",
    [equals("/oidc.circleci.com~1org-id", "x")],
    [],
  ],
];

const TENANTS: readonly Row[] = [
  ["no tenant", GITHUB, [MAIN], [SHARED]],
  ["a shadow as the only pin", GITHUB, [shadow(ID), MAIN], [SHARED]],
  ["whom not as the only pin", GITHUB, [{ ...ID, operator: "notEquals" }, MAIN], [SHARED]],
  [
    "exists as the only pin",
    GITHUB,
    [{ item: "repository_id", operator: "exists", value: true }, MAIN],
    [SHARED],
  ],
  ["an item in another case", GITHUB, [equals("Repository_Id", "1"), MAIN], [SHARED]],
  ["an item inside an id", GITHUB, [equals("/repository_id/0", "1"), MAIN], [SHARED]],
  ["nothing but whom not", GITHUB, [NO_PULL_REQUESTS], [SHARED]],
  ["everybody's subject", GITHUB, [glob("sub", "**")], [SHARED, TOO_WIDE, NAME, PULL]],
  ["every repository", GITHUB, [glob("sub", "repo:*/**"), MAIN], [SHARED, TOO_WIDE, NAME]],
  ["owners that begin alike", GITHUB, [glob("sub", "repo:acme*/**"), MAIN], [SHARED, TOO_WIDE, NAME]],
  [
    "an owner that is only a pattern",
    GITHUB,
    [glob("repository_owner", "acme*"), MAIN],
    [SHARED, TOO_WIDE, NAME],
  ],
  ["an id that is only a pattern", GITHUB, [glob("repository_id", "77*"), MAIN], [SHARED, TOO_WIDE]],
  ["any owner's shop", GITHUB, [glob("repository", "*/shop"), MAIN], [SHARED, TOO_WIDE, NAME]],
  [
    "a star in the middle of the owner",
    GITHUB,
    [glob("repository", "ac*me/shop"), MAIN],
    [SHARED, TOO_WIDE, NAME],
  ],
  ["an empty owner", GITHUB, [glob("repository", "/*"), MAIN], [SHARED, TOO_WIDE, NAME]],
  [
    "a customized subject without its owner",
    GITHUB,
    [equals("sub", "environment:production"), MAIN],
    [SHARED, NAME],
  ],
  [
    "a subject of which one is everybody's",
    GITHUB,
    [oneOf("sub", "repo:a/b:ref:c", "environment:x"), MAIN],
    [SHARED, NAME],
  ],
  [
    "a customized subject with its owner",
    GITHUB,
    [equals("sub", "environment:x:repository_owner_id:1"), MAIN],
    [NAME],
  ],
  ["the workflow of others", GITHUB, [equals("job_workflow_ref", "a/b/c.yml@refs/heads/main")], [SHARED]],
  ["a branch of gitlab.com", GITLAB, [equals("ref_path", "refs/heads/main")], [SHARED]],
  [
    "a group's subject on gitlab.com",
    GITLAB,
    [glob("sub", "project_path:acme*:**")],
    [SHARED, TOO_WIDE, NAME, PULL],
  ],
];

const CHOICES: readonly Row[] = [
  ["a display name", GITHUB, [equals("workflow", "deploy")], [SHARED, CHOSEN, PULL]],
  ["a display name on one's own server", GHES, [equals("workflow", "deploy"), NO_PULL_REQUESTS], [CHOSEN]],
  [
    "a display name and an audience",
    GHES,
    [equals("workflow", "d"), equals("aud", "x"), NO_PULL_REQUESTS],
    [CHOSEN],
  ],
  ["whom not on one's own server", GHES, [NO_PULL_REQUESTS], [CHOSEN]],
  ["a pod", EKS, [equals("/kubernetes.io/pod/name", "deploy-1")], [CHOSEN]],
];

const PERSONS: readonly Row[] = [
  ["an actor alone", GITHUB, [equals("actor", "lena"), MAIN], [SHARED, "refuse person_only /assertions/0"]],
  [
    "an actor on one's own server",
    GHES,
    [equals("actor_id", "9"), MAIN],
    ["refuse person_only /assertions/0"],
  ],
  ["an actor beside an id", GITHUB, [ID, MAIN, equals("actor", "lena")], ["warn person_claim /assertions/2"]],
  [
    "an actor beside a shadow id",
    GHES,
    [shadow(ID), MAIN, equals("actor", "lena")],
    ["refuse person_only /assertions/2"],
  ],
  [
    "an actor beside a subject",
    GHES,
    [equals("sub", "repo:a/b:ref:c"), equals("actor", "lena"), MAIN],
    ["warn person_claim /assertions/1", NAME],
  ],
  [
    "an e-mail address",
    UNKNOWN,
    [equals("email", "lena@acme.example")],
    ["refuse person_only /assertions/0"],
  ],
  [
    "an e-mail address as a pattern",
    UNKNOWN,
    [glob("email", "*@acme.example")],
    ["refuse person_only /assertions/0"],
  ],
  [
    "an e-mail address and an audience",
    UNKNOWN,
    [equals("/email", "a@b.c"), equals("aud", "x")],
    ["refuse person_only /assertions/0"],
  ],
  [
    "two names of a person",
    UNKNOWN,
    [equals("email", "a@b.c"), equals("login", "a")],
    ["refuse person_only /assertions/0", "refuse person_only /assertions/1"],
  ],
];

const GLOBS: readonly Row[] = [
  ["every branch, and pull requests", GITHUB, [glob("sub", "repo:acme/shop:**")], [WIDE, NAME, PULL]],
  ["an owner's repositories", GITHUB, [glob("repository", "acme/*"), MAIN], [WIDE, NAME]],
  ["a subject's branches", GITHUB, [glob("sub", "repo:acme/shop:ref:refs/heads/**")], [WIDE, NAME]],
  [
    "only a single star at the end, which is a pull request",
    GITHUB,
    [glob("sub", "repo:acme/shop:*")],
    [WIDE, NAME, PULL],
  ],
  ["a pattern without a star", GITHUB, [glob("sub", "repo:acme/shop:ref:refs/heads/main")], [NAME]],
  [
    "any ref at all",
    GITHUB,
    [ID, glob("ref", "**"), NO_PULL_REQUESTS],
    ["refuse glob_too_wide /assertions/1"],
  ],
  [
    "stars and separators",
    GITHUB,
    [ID, glob("ref", "*/**"), NO_PULL_REQUESTS],
    ["refuse glob_too_wide /assertions/1"],
  ],
  [
    "an id beside a subject of stars",
    GITHUB,
    [ID, MAIN, glob("sub", "*:**")],
    ["refuse glob_too_wide /assertions/2"],
  ],
  [
    "a ref that ends so",
    GITHUB,
    [ID, glob("ref", "**/main"), NO_PULL_REQUESTS],
    ["warn glob_wide /assertions/1"],
  ],
  ["any subject of an unknown issuer", UNKNOWN, [glob("sub", "**")], [TOO_WIDE]],
  ["any beginning at an unknown issuer", UNKNOWN, [glob("sub", "*:deploy")], [TOO_WIDE]],
  ["a beginning at an unknown issuer", UNKNOWN, [glob("sub", "job:deploy*")], [WIDE]],
  ["everybody's subject at an unknown issuer", UNKNOWN, [glob("sub", "repo:*/**")], [WIDE]],
  ["any namespace", EKS, [glob("sub", "system:serviceaccount:*:deployer")], [TOO_WIDE]],
  ["a namespace that begins alike", EKS, [glob("sub", "system:serviceaccount:shop*:deployer")], [TOO_WIDE]],
  ["a namespace's service accounts", EKS, [glob("sub", "system:serviceaccount:shop:*")], [WIDE]],
  ["a pattern in shadow", GITHUB, [ID, MAIN, shadow(glob("sub", "**"))], []],
];

const NAMES: readonly Row[] = [
  ["a name", GITHUB, [equals("repository", "acme/shop"), MAIN], [NAME]],
  ["several names", GITHUB, [oneOf("repository", "acme/shop", "acme/blog"), MAIN], [NAME]],
  ["a subject", GITHUB, [equals("sub", "repo:acme/shop:ref:refs/heads/main")], [NAME]],
  ["a name and an id in shadow", GITHUB, [equals("repository", "acme/shop"), shadow(ID), MAIN], [NAME]],
  ["a name and whose it is by id", GITHUB, [equals("repository", "acme/shop"), OWNER, MAIN], []],
  ["an owner's name and a repository's id", GITHUB, [equals("repository_owner", "acme"), ID, MAIN], []],
  ["a name on one's own server", GHES, [equals("repository", "acme/shop"), MAIN], [NAME]],
];

const AUDIENCE = "warn shared_audience /assertions/2";
const AUDIENCES: readonly Row[] = [
  ["the owner's audience", GITHUB, [ID, MAIN, equals("aud", "https://github.com/acme")], [AUDIENCE]],
  [
    "one of several",
    GITHUB,
    [ID, MAIN, oneOf("aud", "https://sts.example.com", "https://github.com/acme")],
    [AUDIENCE],
  ],
  ["as a JSON Pointer", GITHUB, [ID, MAIN, equals("/aud", "https://github.com/acme")], [AUDIENCE]],
  ["in shadow", GITHUB, [ID, MAIN, shadow(equals("aud", "https://github.com/acme"))], []],
  [
    "whom not",
    GITHUB,
    [ID, MAIN, { item: "aud", operator: "notEquals", value: "https://github.com/acme" }],
    [],
  ],
  ["an URL that goes on", GITHUB, [ID, MAIN, equals("aud", "https://github.com/acme/shop")], []],
  ["the server's own", GHES, [ID, MAIN, equals("aud", "https://github.acme.example/acme")], [AUDIENCE]],
  ["another host's", GHES, [ID, MAIN, equals("aud", "https://sts.example.com/acme")], []],
  [
    "an organization's id",
    "https://oidc.circleci.com",
    [
      equals("oidc.circleci.com/org-id", "1"),
      equals("oidc.circleci.com/project-id", "2"),
      equals("aud", "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"),
    ],
    [AUDIENCE],
  ],
];

const EVENTS: readonly Row[] = [
  ["an id alone", GITHUB, [ID], [PULL]],
  ["an id and a denial in shadow", GITHUB, [ID, shadow(NO_PULL_REQUESTS)], [PULL]],
  [
    "a denial that forgets most",
    GITHUB,
    [ID, { item: "event_name", operator: "notEquals", value: "pull_request" }],
    [PULL],
  ],
  ["an event that exists", GITHUB, [ID, { item: "event_name", operator: "exists", value: true }], [PULL]],
  ["the event that is meant", GITHUB, [ID, equals("event_name", "push")], []],
  ["pull requests, in so many words", GITHUB, [ID, oneOf("event_name", "push", "pull_request")], []],
  [
    "two denials that make one",
    GITLAB,
    [
      equals("project_id", "1"),
      ...["merge_request_event", "external_pull_request_event"].map(
        (value): ClaimAssertion => ({ item: "pipeline_source", operator: "notEquals", value }),
      ),
    ],
    [],
  ],
  ["refs of any kind", GITHUB, [ID, glob("ref", "refs/**")], [PULL]],
  ["branches", GITHUB, [ID, glob("ref", "refs/heads/**")], []],
  ["a workflow", GITHUB, [ID, equals("job_workflow_ref", "a/b/c.yml@v1")], []],
  ["unprotected refs", GITLAB, [equals("project_id", "1"), equals("ref_protected", "false")], [PULL]],
  ["protected refs", GITLAB, [equals("project_id", "1"), equals("ref_protected", "true")], []],
  ["a customized subject that is only an id", GITHUB, [equals("sub", "repository_id:777001"), OWNER], [PULL]],
];

const TABLES = { SOUND, TENANTS, CHOICES, PERSONS, GLOBS, NAMES, AUDIENCES, EVENTS };

describe.each(Object.entries(TABLES))("%s", (_table, rows) => {
  it.each(rows)("%s", (_what, issuer, assertions, found) => {
    expect(shown(lint(issuer, ...assertions))).toEqual(found);
  });
});

describe("a cluster's issuer as everybody has it", () => {
  const terms = { assertions: [equals("sub", "system:serviceaccount:shop:deployer")] };
  const found = ["refuse shared_in_cluster_issuer /issuer"];

  it.each([
    ["without keys", "https://kubernetes.default.svc.cluster.local", false, found],
    ["with a slash", "https://kubernetes.default.svc.cluster.local/", false, found],
    ["in short", "https://kubernetes.default.svc", false, found],
    ["with its keys", "https://kubernetes.default.svc.cluster.local", true, []],
    ["of somebody's own domain", "https://kubernetes.default.svc.cluster.local.acme.example", false, []],
  ])("%s", (_what, issuer, hasUploadedKeys, expected) => {
    expect(shown(lintTrust({ ...terms, issuer, hasUploadedKeys }))).toEqual(expected);
  });
});

describe("what to write instead", () => {
  it("says where the id is to be found", () => {
    expect(lint(GITHUB, equals("repository", "acme/shop"), MAIN)[0]?.better).toEqual([
      equals("repository_id", "<The repository's id: `gh api repos/OWNER/REPO --jq .id`>"),
    ]);
  });

  it("is the tenant by the template's own assertions, where none is asked for", () => {
    expect(lint(GITHUB, MAIN)[0]?.better?.map(({ item }) => item)).toEqual([
      "repository_owner_id",
      "repository_id",
    ]);
  });

  it("is the template's denial", () => {
    expect(lint(GITHUB, ID)[0]?.better).toEqual([NO_PULL_REQUESTS]);
  });

  it("lets nobody in while it is not filled in", () => {
    const [finding] = lint(GITHUB, MAIN);
    expect(JSON.stringify(finding?.better)).not.toContain("*");
    expect(finding?.better?.every(({ value }) => /<.*>/.test(String(value)))).toBe(true);
  });

  it("heeds itself", () => {
    expect(lint(GITHUB, ...(lint(GITHUB, MAIN)[0]?.better ?? []), MAIN)).toEqual([]);
    expect(lint(GITHUB, ID, ...(lint(GITHUB, ID)[0]?.better ?? []))).toEqual([]);
  });
});

it("tells a pattern escaped, and not without end", () => {
  const detail = lint(UNKNOWN, glob("sub", `a\n${"b".repeat(4000)}*`))[0]?.detail ?? "";
  expect(detail).toContain(String.raw`"a\nbbb`);
  expect(detail.length).toBeLessThan(600);
});

it("every code is found by some row, and each detail is a sentence", () => {
  const findings = Object.values(TABLES)
    .flat()
    .flatMap(([, issuer, assertions]) => lint(issuer, ...assertions));
  const codes = new Set(findings.map(({ code }) => code));
  expect([...codes, "shared_in_cluster_issuer"].sort()).toEqual(Object.keys(LINT_CODES).sort());
  for (const { detail } of findings) expect(detail).toMatch(/\.$/);
});
