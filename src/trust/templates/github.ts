import { CLAIM_TEXT, NUMERIC_ID, tokenExchange } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** Hosted GitHub Actions, also with an issuer per enterprise. */
export const github: TrustTemplate = {
  name: "github",
  title: "GitHub Actions",
  description:
    "github.com signs for the jobs of every repository that there is; an enterprise may have an issuer of its own.",
  issuer: "https://token.actions.githubusercontent.com[/<enterprise>]",
  issuerGlobs: [
    "https://token.actions.githubusercontent.com",
    "https://token.actions.githubusercontent.com/*",
  ],
  isShared: true,
  parameters: {
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
    ref: {
      description: "A full ref. Any branch and tag without it.",
      example: "refs/heads/main",
      pattern: /^refs\/(?:heads|tags)\/[\x21-\x7e]{1,240}$/,
    },
    environment: { description: "A deployment environment.", example: "production", pattern: CLAIM_TEXT },
    jobWorkflowRef: {
      description: "The reusable workflow that the job runs, with its ref.",
      example: "acme/ci/.github/workflows/release.yml@refs/tags/v3",
      pattern: CLAIM_TEXT,
    },
    enterprise: {
      description: "The enterprise's slug, where it has an issuer of its own.",
      example: "acme-inc",
      pattern: /^[a-z0-9](?:-?[a-z0-9]){0,62}$/,
    },
  },
  assertions: [
    { item: "repository_owner_id", operator: "equals", value: "<repositoryOwnerId>" },
    { item: "repository_id", operator: "equals", value: "<repositoryId>" },
    { item: "ref", operator: "equals", value: "<ref>" },
    { item: "environment", operator: "equals", value: "<environment>" },
    { item: "job_workflow_ref", operator: "equals", value: "<jobWorkflowRef>" },
    {
      item: "event_name",
      operator: "notIn",
      value: ["pull_request", "pull_request_target", "workflow_run", "issue_comment"],
    },
  ],
  tenantItems: [
    "repository_id",
    "repository_owner_id",
    "enterprise_id",
    "repository",
    "repository_owner",
    "sub",
  ],
  names: [
    { item: "repository", ids: ["repository_id", "repository_owner_id"] },
    { item: "repository_owner", ids: ["repository_owner_id"] },
    { item: "sub", ids: ["repository_id", "repository_owner_id"] },
    { item: "enterprise", ids: ["enterprise_id"] },
  ],
  personItems: ["actor", "actor_id"],
  chosenItems: ["workflow", "head_ref", "base_ref", "run_id", "run_number", "run_attempt", "sha"],
  singleUse: true,
  sharedAudience: "https://github.com/OWNER",
  pipeline: {
    file: ".github/workflows/deploy.yml",
    language: "yaml",
    text: `permissions: { id-token: write }
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: |
          TOKEN=$(curl -sS -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
            "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=<issuerUrl>" | jq -r .value)
${tokenExchange("          ")}
          echo "::add-mask::$ACCESS_TOKEN"`,
  },
  notes: [
    "`pull_request_target`, `workflow_run` and `issue_comment` run with the base repository's rights on code that a stranger may have written: they are refused, and so are pull requests.",
    "A name can be registered anew by somebody else, an id cannot: match ids.",
    "With an environment `sub` names no branch: protect the environment, or ask for the ref too.",
    "`sub` has two spellings, with and without `@id`; this trust does not look at it, so it lets both in.",
  ],
  sources: ["github/docs: content/actions/reference/security/oidc.md"],
  sample: {
    iss: "https://token.actions.githubusercontent.com/acme-inc",
    sub: "repo:acme@4242/shop@777001:environment:production",
    repository: "acme/shop",
    repository_id: "777001",
    repository_owner: "acme",
    repository_owner_id: "4242",
    repository_visibility: "private",
    event_name: "push",
    ref: "refs/heads/main",
    ref_type: "branch",
    ref_protected: "true",
    environment: "production",
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

export const githubSamples: Samples = {
  template: github,
  variants: [
    { name: "the old spelling of sub", claims: { sub: "repo:acme/shop:environment:production" } },
    {
      name: "a renamed repository of the same id",
      claims: { repository: "acme/store", sub: "repo:acme@4242/store@777001:environment:production" },
    },
    { name: "started by hand", claims: { event_name: "workflow_dispatch" } },
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
        sub: "repo:mallory@666/shop@999:environment:production",
      },
      refusedBy: "repository_owner_id",
    },
    {
      name: "another repository of the owner",
      claims: {
        repository: "acme/blog",
        repository_id: "777002",
        sub: "repo:acme@4242/blog@777002:environment:production",
      },
      refusedBy: "repository_id",
    },
    {
      name: "a repository of the same name, registered anew",
      claims: { repository_id: "888001", sub: "repo:acme@4242/shop@888001:environment:production" },
      refusedBy: "repository_id",
    },
    {
      name: "an owner of the same name, registered anew",
      claims: { repository_owner_id: "5151", sub: "repo:acme@5151/shop@777001:environment:production" },
      refusedBy: "repository_owner_id",
    },
    { name: "another branch", claims: { ref: "refs/heads/feature" }, refusedBy: "ref" },
    {
      name: "a tag that is called main",
      claims: { ref: "refs/tags/main", ref_type: "tag" },
      refusedBy: "ref",
    },
    {
      name: "a branch whose name ends alike",
      claims: { ref: "refs/heads/not/refs/heads/main" },
      refusedBy: "ref",
    },
    {
      name: "another environment",
      claims: { environment: "staging", sub: "repo:acme@4242/shop@777001:environment:staging" },
      refusedBy: "environment",
    },
    {
      name: "no environment",
      claims: { environment: null, sub: "repo:acme@4242/shop@777001:ref:refs/heads/main" },
      refusedBy: "environment",
    },
    { name: "pull_request_target", claims: { event_name: "pull_request_target" }, refusedBy: "event_name" },
    { name: "a pull request", claims: { event_name: "pull_request" }, refusedBy: "event_name" },
    { name: "no event at all", claims: { event_name: null }, refusedBy: "event_name" },
    {
      name: "another reusable workflow",
      claims: { job_workflow_ref: "mallory/ci/.github/workflows/release.yml@refs/tags/v3" },
      refusedBy: "job_workflow_ref",
    },
    { name: "an id that is a number", claims: { repository_id: 777001 }, refusedBy: "repository_id" },
    {
      name: "another enterprise's issuer",
      claims: { iss: "https://token.actions.githubusercontent.com/evil-inc" },
      refusedBy: "iss",
    },
    {
      name: "a token made for its default audience",
      claims: { aud: "https://github.com/acme" },
      refusedBy: "aud",
    },
  ],
};
