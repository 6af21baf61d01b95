import { github } from "./github.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** GitHub Actions on GHE.com, where an enterprise has a subdomain of its own. */
export const githubDataResidency: TrustTemplate = {
  name: "github-data-residency",
  title: "GitHub Enterprise Cloud with data residency",
  description:
    "GHE.com signs for the jobs of one enterprise, with an issuer under the enterprise's subdomain.",
  issuer: "https://token.actions.<subdomain>.ghe.com[/<enterprise>]",
  issuerGlobs: ["https://token.actions.*.ghe.com", "https://token.actions.*.ghe.com/*"],
  isShared: false,
  parameters: {
    subdomain: {
      description: "The enterprise's subdomain: what stands before `.ghe.com`.",
      example: "acme",
      isRequired: true,
      pattern: /^[a-z0-9](?:-?[a-z0-9]){0,62}$/,
    },
    ...github.parameters,
  },
  assertions: github.assertions,
  tenantItems: github.tenantItems,
  names: github.names,
  personItems: github.personItems,
  chosenItems: github.chosenItems,
  singleUse: true,
  sharedAudience: "https://<subdomain>.ghe.com/OWNER",
  pipeline: github.pipeline,
  notes: [
    "The issuer is another than that of github.com: a trust that was copied from there refuses every token.",
    "Whether the enterprise's slug follows the host is a setting of the enterprise: look at `iss` of a token, and leave `enterprise` out where it ends with the host.",
    "Ask for the ids at the enterprise's own host: `gh api --hostname SUBDOMAIN.ghe.com`.",
    "`pull_request_target`, `workflow_run` and `issue_comment` run with the base repository's rights on code of somebody else: they are refused, and so are pull requests.",
    "`sub` may be spelt with ids and without; this trust does not look at it.",
  ],
  sources: ["github/docs: content/actions/reference/security/oidc.md"],
  sample: {
    iss: "https://token.actions.acme.ghe.com/acme-inc",
    sub: "repo:acme@4242/shop@777001:environment:production",
    repository: "acme/shop",
    repository_id: "777001",
    repository_owner: "acme",
    repository_owner_id: "4242",
    repository_visibility: "internal",
    event_name: "push",
    ref: "refs/heads/main",
    ref_type: "branch",
    ref_protected: "true",
    environment: "production",
    workflow: "deploy",
    workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    job_workflow_ref: "acme/ci/.github/workflows/release.yml@refs/tags/v3",
    runner_environment: "self-hosted",
    enterprise: "acme-inc",
    actor: "lena_acme",
    actor_id: "99",
    run_id: "118",
    run_attempt: "1",
    sha: "9f31c5a1d2b7e8f40123456789abcdef01234567",
  },
};

export const githubDataResidencySamples: Samples = {
  template: githubDataResidency,
  variants: [
    { name: "the old spelling of sub", claims: { sub: "repo:acme/shop:environment:production" } },
    { name: "on a schedule", claims: { event_name: "schedule" } },
    { name: "by another colleague", claims: { actor: "omar_acme", actor_id: "100" } },
  ],
  neighbours: [
    {
      name: "a fork inside the enterprise",
      claims: {
        repository: "skunkworks/shop",
        repository_id: "999",
        repository_owner: "skunkworks",
        repository_owner_id: "666",
        sub: "repo:skunkworks@666/shop@999:environment:production",
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
      claims: { repository_id: "888001", sub: "repo:acme/shop:environment:production" },
      refusedBy: "repository_id",
    },
    {
      name: "an owner of the same name, registered anew",
      claims: { repository_owner_id: "5151" },
      refusedBy: "repository_owner_id",
    },
    { name: "another branch", claims: { ref: "refs/heads/feature" }, refusedBy: "ref" },
    {
      name: "a tag that is called main",
      claims: { ref: "refs/tags/main", ref_type: "tag" },
      refusedBy: "ref",
    },
    { name: "an empty ref", claims: { ref: "" }, refusedBy: "ref" },
    {
      name: "another environment",
      claims: { environment: "staging", sub: "repo:acme@4242/shop@777001:environment:staging" },
      refusedBy: "environment",
    },
    {
      name: "the environment in another case",
      claims: { environment: "Production" },
      refusedBy: "environment",
    },
    { name: "no environment", claims: { environment: null }, refusedBy: "environment" },
    { name: "a pull request", claims: { event_name: "pull_request" }, refusedBy: "event_name" },
    { name: "a comment on an issue", claims: { event_name: "issue_comment" }, refusedBy: "event_name" },
    { name: "no event at all", claims: { event_name: null }, refusedBy: "event_name" },
    { name: "no reusable workflow", claims: { job_workflow_ref: null }, refusedBy: "job_workflow_ref" },
    { name: "an id that is a number", claims: { repository_id: 777001 }, refusedBy: "repository_id" },
    {
      name: "another enterprise's subdomain",
      claims: { iss: "https://token.actions.evil.ghe.com/acme-inc" },
      refusedBy: "iss",
    },
    {
      name: "the issuer without the enterprise",
      claims: { iss: "https://token.actions.acme.ghe.com" },
      refusedBy: "iss",
    },
    {
      name: "an enterprise of the same slug on github.com",
      claims: { iss: "https://token.actions.githubusercontent.com/acme-inc" },
      refusedBy: "iss",
    },
    {
      name: "a token made for its default audience",
      claims: { aud: "https://acme.ghe.com/acme" },
      refusedBy: "aud",
    },
  ],
};
