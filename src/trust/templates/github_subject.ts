import { github } from "./github.ts";
import { CLAIM_TEXT, NUMERIC_ID } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** Hosted GitHub Actions by `sub`, for who keeps one spelling of a trust for several clouds. */
export const githubSubject: TrustTemplate = {
  name: "github-subject",
  title: "GitHub Actions, by subject",
  description:
    "github.com signs for the jobs of every repository that there is; this trust asks for `sub` in both of its spellings.",
  issuer: github.issuer,
  issuerGlobs: [
    "https://token.actions.githubusercontent.com",
    "https://token.actions.githubusercontent.com/*",
  ],
  isShared: true,
  parameters: {
    owner: {
      description: "The organization or user, in the case that GitHub shows.",
      example: "acme",
      isRequired: true,
      pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
    },
    repository: {
      description: "The repository's name without its owner, in the case that GitHub shows.",
      example: "shop",
      isRequired: true,
      pattern: /^[A-Za-z0-9._-]{1,100}$/,
    },
    repositoryOwnerId: {
      description: "The organization's or user's id: `gh api repos/OWNER/REPO --jq .owner.id`.",
      example: "4242",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    repositoryId: {
      description: "The repository's id: `gh api repos/OWNER/REPO --jq .id`.",
      example: "777001",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    subject: {
      description:
        "What follows the repository in `sub`: a key, a colon and a value; `pull_request` is not taken.",
      example: "ref:refs/heads/main",
      isRequired: true,
      pattern: /^[a-z_]{2,40}:[^\p{C}\s](?:[^\p{C}]{0,440}[^\p{C}\s])?$/u,
    },
    enterprise: {
      description: "The enterprise's slug, where it has an issuer of its own.",
      example: "acme-inc",
      pattern: /^[a-z0-9](?:-?[a-z0-9]){0,62}$/,
    },
    jobWorkflowRef: {
      description: "The reusable workflow that the job runs, with its ref.",
      example: "acme/ci/.github/workflows/release.yml@refs/tags/v3",
      pattern: CLAIM_TEXT,
    },
  },
  assertions: [
    { item: "repository_owner_id", operator: "equals", value: "<repositoryOwnerId>" },
    { item: "repository_id", operator: "equals", value: "<repositoryId>" },
    {
      item: "sub",
      operator: "in",
      value: [
        "repo:<owner>/<repository>:<subject>",
        "repo:<owner>@<repositoryOwnerId>/<repository>@<repositoryId>:<subject>",
      ],
    },
    { item: "job_workflow_ref", operator: "equals", value: "<jobWorkflowRef>" },
    ...github.assertions.filter(({ item }) => item === "event_name"),
  ],
  tenantItems: github.tenantItems,
  names: github.names,
  personItems: github.personItems,
  chosenItems: github.chosenItems,
  singleUse: true,
  sharedAudience: "https://github.com/OWNER",
  pipeline: github.pipeline,
  notes: [
    "GitHub writes `sub` with ids where the repository was created, renamed or transferred after the middle of July 2026, or where somebody switched that on: both spellings are let in, and the ids are asked for besides.",
    "A renamed repository has another `sub`, so this trust refuses it until its names are changed; the template `github` goes by the ids alone.",
    "`sub` is compared letter by letter: write owner and repository in the case in which GitHub shows them.",
    "A job with an environment has `environment:NAME` in place of its ref, so protect the environment.",
    "A colon inside a value stands there as `%3A`.",
    "An organization that customizes `sub` has other parts in it: take the template `github` then.",
  ],
  sources: [
    "github/docs: content/actions/reference/security/oidc.md",
    "npm/cli#9969 (the preview of the immutable prefix)",
    "pypi/warehouse#19405 (a customized `sub`)",
  ],
  sample: {
    iss: "https://token.actions.githubusercontent.com/acme-inc",
    sub: "repo:acme@4242/shop@777001:ref:refs/heads/main",
    repository: "acme/shop",
    repository_id: "777001",
    repository_owner: "acme",
    repository_owner_id: "4242",
    repository_visibility: "private",
    event_name: "push",
    ref: "refs/heads/main",
    ref_type: "branch",
    ref_protected: "true",
    workflow: "deploy",
    workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    job_workflow_ref: "acme/ci/.github/workflows/release.yml@refs/tags/v3",
    runner_environment: "github-hosted",
    enterprise: "acme-inc",
    actor: "lena",
    actor_id: "99",
    run_id: "118",
    run_attempt: "1",
    sha: "9f31c5a1d2b7e8f40123456789abcdef01234567",
  },
};

export const githubSubjectSamples: Samples = {
  template: githubSubject,
  variants: [
    { name: "the old spelling of sub", claims: { sub: "repo:acme/shop:ref:refs/heads/main" } },
    { name: "on a schedule", claims: { event_name: "schedule" } },
    { name: "by another colleague", claims: { actor: "omar", actor_id: "100" } },
  ],
  neighbours: [
    {
      name: "a fork",
      claims: {
        repository: "mallory/shop",
        repository_id: "999",
        repository_owner: "mallory",
        repository_owner_id: "666",
        sub: "repo:mallory@666/shop@999:ref:refs/heads/main",
      },
      refusedBy: "repository_owner_id",
    },
    {
      name: "another repository of the owner",
      claims: {
        repository: "acme/blog",
        repository_id: "777002",
        sub: "repo:acme@4242/blog@777002:ref:refs/heads/main",
      },
      refusedBy: "repository_id",
    },
    {
      name: "the old spelling of a repository that was registered anew",
      claims: { repository_id: "888001", sub: "repo:acme/shop:ref:refs/heads/main" },
      refusedBy: "repository_id",
    },
    {
      name: "the old spelling of an owner that was registered anew",
      claims: { repository_owner_id: "5151", sub: "repo:acme/shop:ref:refs/heads/main" },
      refusedBy: "repository_owner_id",
    },
    {
      name: "the repository under another name",
      claims: { repository: "acme/store", sub: "repo:acme@4242/store@777001:ref:refs/heads/main" },
      refusedBy: "sub",
    },
    {
      name: "another case",
      claims: { sub: "repo:Acme/Shop:ref:refs/heads/main" },
      refusedBy: "sub",
    },
    {
      name: "another branch",
      claims: { ref: "refs/heads/feature", sub: "repo:acme@4242/shop@777001:ref:refs/heads/feature" },
      refusedBy: "sub",
    },
    {
      name: "a branch whose name begins alike",
      claims: { ref: "refs/heads/main-2", sub: "repo:acme@4242/shop@777001:ref:refs/heads/main-2" },
      refusedBy: "sub",
    },
    {
      name: "a tag that is called main",
      claims: { ref: "refs/tags/main", ref_type: "tag", sub: "repo:acme/shop:ref:refs/tags/main" },
      refusedBy: "sub",
    },
    {
      name: "an environment in place of the branch",
      claims: { environment: "staging", sub: "repo:acme@4242/shop@777001:environment:staging" },
      refusedBy: "sub",
    },
    {
      name: "a pull request",
      claims: { event_name: "pull_request", sub: "repo:acme@4242/shop@777001:pull_request" },
      refusedBy: "sub",
    },
    {
      name: "a customized sub",
      claims: { sub: "repository_owner_id:4242:repository_id:777001" },
      refusedBy: "sub",
    },
    { name: "no sub", claims: { sub: null }, refusedBy: "sub" },
    { name: "pull_request_target", claims: { event_name: "pull_request_target" }, refusedBy: "event_name" },
    { name: "no event at all", claims: { event_name: null }, refusedBy: "event_name" },
    {
      name: "another reusable workflow",
      claims: { job_workflow_ref: "mallory/ci/.github/workflows/release.yml@refs/tags/v3" },
      refusedBy: "job_workflow_ref",
    },
    { name: "an id that is a number", claims: { repository_id: 777001 }, refusedBy: "repository_id" },
    {
      name: "the issuer of all",
      claims: { iss: "https://token.actions.githubusercontent.com" },
      refusedBy: "iss",
    },
    {
      name: "a token made for its default audience",
      claims: { aud: "https://github.com/acme" },
      refusedBy: "aud",
    },
  ],
};
