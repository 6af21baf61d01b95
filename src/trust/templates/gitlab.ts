import { CLAIM_TEXT, HOST, NUMERIC_ID, tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

/** GitLab CI, on gitlab.com and on hosts of one's own. */
export const gitlab: TrustTemplate = {
  name: "gitlab",
  title: "GitLab CI",
  description: "A GitLab instance signs for the jobs of all its projects: gitlab.com for everybody's.",
  issuer: "https://<host>",
  issuerGlobs: ["https://gitlab.com"],
  mark: "ci_config_ref_uri",
  isShared: true,
  parameters: {
    host: {
      description: "The instance's host, as `iss` has it.",
      example: "gitlab.com",
      pattern: HOST,
      fallback: "gitlab.com",
    },
    namespaceId: {
      description:
        "The id of the group or user that the project is in: `glab api projects/GROUP%2FPROJECT`, `namespace.id`.",
      example: "72",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    projectId: {
      description: "The project's id, as its page shows it.",
      example: "2001",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    ref: {
      description: "A full ref, so that no tag passes for a branch. Any branch and tag without it.",
      example: "refs/heads/main",
      pattern: /^refs\/(?:heads|tags)\/[\x21-\x7e]{1,240}$/,
    },
    refProtected: {
      description: "`true`: only protected branches and tags. Both kinds without it.",
      example: "true",
      pattern: /^true$/,
    },
    environment: {
      description: "The environment that the job deploys to.",
      example: "production",
      pattern: CLAIM_TEXT,
    },
  },
  assertions: [
    { item: "namespace_id", operator: "equals", value: "<namespaceId>" },
    { item: "project_id", operator: "equals", value: "<projectId>" },
    { item: "ref_path", operator: "equals", value: "<ref>" },
    { item: "ref_protected", operator: "equals", value: "<refProtected>" },
    { item: "environment", operator: "equals", value: "<environment>" },
    {
      item: "pipeline_source",
      operator: "notIn",
      value: ["merge_request_event", "external_pull_request_event"],
    },
  ],
  tenantItems: ["project_id", "namespace_id", "project_path", "namespace_path", "sub"],
  names: [
    { item: "project_path", ids: ["project_id", "namespace_id"] },
    { item: "namespace_path", ids: ["namespace_id"] },
    { item: "sub", ids: ["project_id", "namespace_id"] },
  ],
  personItems: [
    "user_login",
    "user_email",
    "user_id",
    "user_identities",
    "user_access_level",
    "groups_direct",
  ],
  chosenItems: ["deployment_tier", "environment_action", "pipeline_id", "job_id", "runner_id", "sha"],
  singleUse: true,
  pipeline: {
    file: ".gitlab-ci.yml",
    language: "yaml",
    text: `deploy:
  environment: production
  id_tokens:
    TOKEN: { aud: "<issuerUrl>" }
  script:
    - |
${tokenExchange("      ")}`,
  },
  notes: [
    "`ref` lacks `refs/heads/`, so a tag that is called main looks like the branch: this trust asks for `ref_path`, and who writes `ref` has to ask for `ref_type` too.",
    "In a merge request's pipeline of a fork the project is the fork's, while the job runs in yours: merge requests are refused.",
    "A child pipeline says `parent_pipeline` whatever started its parent: ask for a protected ref, or a protected environment.",
    "`ref_protected` is the text `true`, not a boolean.",
    "A job may name any environment that is not protected: protect the one that you ask for.",
    "Paths may come to belong to somebody else once they are renamed or deleted; ids do not.",
    "The issuer is a setting of its own on a self-managed instance: take it from `iss` of a token.",
  ],
  sources: [
    "gitlabhq/gitlabhq: doc/ci/secrets/id_token_authentication.md",
    "gitlabhq/gitlabhq: lib/gitlab/ci/jwt.rb, lib/gitlab/ci/jwt_v2.rb",
  ],
  sample: {
    iss: "https://gitlab.com",
    sub: "project_path:acme/shop:ref_type:branch:ref:main",
    namespace_id: "72",
    namespace_path: "acme",
    project_id: "2001",
    project_path: "acme/shop",
    project_visibility: "private",
    job_project_id: "2001",
    job_project_path: "acme/shop",
    job_namespace_id: "72",
    job_namespace_path: "acme",
    user_id: "31",
    user_login: "lena",
    user_email: "lena@acme.example",
    user_access_level: "maintainer",
    pipeline_id: "574",
    pipeline_source: "push",
    job_id: "302",
    ref: "main",
    ref_type: "branch",
    ref_path: "refs/heads/main",
    ref_protected: "true",
    environment: "production",
    environment_protected: "true",
    deployment_tier: "production",
    environment_action: "start",
    runner_id: 1,
    runner_environment: "gitlab-hosted",
    sha: "9f31c5a1d2b7e8f40123456789abcdef01234567",
    ci_config_ref_uri: "gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main",
    ci_config_sha: "9f31c5a1d2b7e8f40123456789abcdef01234567",
  },
};
