import { github } from "./github.ts";
import { HOST } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** An enterprise has its issuer here by its host, not by a slug. */
const { enterprise: _enterprise, ...repositoryParameters } = github.parameters;

/** GitHub Actions on a server of one's own. */
export const githubEnterpriseServer: TrustTemplate = {
  name: "github-enterprise-server",
  title: "GitHub Enterprise Server",
  description: "A GitHub Enterprise Server signs for the jobs of its own repositories.",
  issuer: "https://<host>/_services/token",
  issuerGlobs: ["https://*/_services/token"],
  isShared: false,
  parameters: {
    host: {
      description: "The server's host, as its users open it.",
      example: "github.acme.example",
      isRequired: true,
      pattern: HOST,
    },
    ...repositoryParameters,
  },
  assertions: github.assertions,
  tenantItems: github.tenantItems,
  names: github.names,
  personItems: github.personItems,
  chosenItems: github.chosenItems,
  singleUse: true,
  sharedAudience: "https://<host>/OWNER",
  pipeline: github.pipeline,
  notes: [
    "A server counts its ids itself: ask it for them (`gh api --hostname HOST`), those of github.com name other repositories.",
    "Its keys have to be reachable from here; where they are not, upload the key set.",
    "`sub` has names only, no ids: this trust does not look at it.",
    "Up to 3.18 a colon inside a value stands in `sub` as it is, so never take `sub` apart.",
    "`pull_request_target`, `workflow_run` and `issue_comment` run with the base repository's rights on code of somebody else: they are refused, and so are pull requests.",
  ],
  sources: ["github/docs: content/actions/reference/security/oidc.md (versions of Enterprise Server)"],
  sample: {
    iss: "https://github.acme.example/_services/token",
    sub: "repo:acme/shop:environment:production",
    repository: "acme/shop",
    repository_id: "777001",
    repository_owner: "acme",
    repository_owner_id: "4242",
    repository_visibility: "internal",
    event_name: "push",
    ref: "refs/heads/main",
    ref_type: "branch",
    environment: "production",
    workflow: "deploy",
    workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    job_workflow_ref: "acme/ci/.github/workflows/release.yml@refs/tags/v3",
    runner_environment: "self-hosted",
    actor: "lena",
    actor_id: "99",
    run_id: "118",
    run_attempt: "1",
    sha: "9f31c5a1d2b7e8f40123456789abcdef01234567",
  },
};

export const githubEnterpriseServerSamples: Samples = {
  template: githubEnterpriseServer,
  variants: [
    {
      name: "a renamed repository of the same id",
      claims: { repository: "acme/store", sub: "repo:acme/store:environment:production" },
    },
    { name: "started by hand", claims: { event_name: "workflow_dispatch" } },
    { name: "a customized sub", claims: { sub: "repository_id:777001:environment:production" } },
  ],
  neighbours: [
    {
      name: "a fork",
      claims: {
        repository: "mallory/shop",
        repository_id: "999",
        repository_owner: "mallory",
        repository_owner_id: "666",
        sub: "repo:mallory/shop:environment:production",
      },
      refusedBy: "repository_owner_id",
    },
    {
      name: "another repository of the owner",
      claims: {
        repository: "acme/blog",
        repository_id: "777002",
        sub: "repo:acme/blog:environment:production",
      },
      refusedBy: "repository_id",
    },
    {
      name: "a repository of the same name, registered anew",
      claims: { repository_id: "888001" },
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
    { name: "the branch in another case", claims: { ref: "refs/heads/Main" }, refusedBy: "ref" },
    {
      name: "another environment",
      claims: { environment: "staging", sub: "repo:acme/shop:environment:staging" },
      refusedBy: "environment",
    },
    {
      name: "no environment",
      claims: { environment: null, sub: "repo:acme/shop:ref:refs/heads/main" },
      refusedBy: "environment",
    },
    { name: "a pull request", claims: { event_name: "pull_request" }, refusedBy: "event_name" },
    { name: "pull_request_target", claims: { event_name: "pull_request_target" }, refusedBy: "event_name" },
    { name: "no event at all", claims: { event_name: null }, refusedBy: "event_name" },
    {
      name: "another reusable workflow",
      claims: { job_workflow_ref: "acme/ci/.github/workflows/release.yml@refs/heads/patch" },
      refusedBy: "job_workflow_ref",
    },
    {
      name: "an id that is a number",
      claims: { repository_owner_id: 4242 },
      refusedBy: "repository_owner_id",
    },
    {
      name: "another server",
      claims: { iss: "https://github.evil.example/_services/token" },
      refusedBy: "iss",
    },
    {
      name: "github.com, where the ids are somebody else's",
      claims: { iss: "https://token.actions.githubusercontent.com" },
      refusedBy: "iss",
    },
    {
      name: "a token made for its default audience",
      claims: { aud: "https://github.acme.example/acme" },
      refusedBy: "aud",
    },
  ],
};
