import { tokenExchange } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

const SUB =
  "account:5f30ebd30312313ae7f17948:pipeline:64f0c40800aafd14555660aa:scm_repo_url:https://github.com/acme/shop:scm_user_name:lena:scm_ref:main";

/** Codefresh's hosted service. */
export const codefresh: TrustTemplate = {
  name: "codefresh",
  title: "Codefresh",
  description: "Codefresh signs for the builds of every account that there is.",
  issuer: "https://oidc.codefresh.io",
  issuerGlobs: ["https://oidc.codefresh.io"],
  isShared: true,
  parameters: {
    accountId: {
      description: "The account's id, from its settings.",
      example: "5f30ebd30312313ae7f17948",
      isRequired: true,
      pattern: /^[0-9a-z]{16,32}$/,
    },
    pipelineId: {
      description: "The pipeline's id, `pipeline_id` of a token of it.",
      example: "64f0c40800aafd14555660aa",
      isRequired: true,
      pattern: /^[0-9a-z]{16,32}$/,
    },
    repositoryUrl: {
      description: "The repository whose push started the build, as a URL.",
      example: "https://github.com/acme/shop",
      pattern: /^https:\/\/[\x21-\x7e]{3,240}$/,
    },
    ref: {
      description: "The branch's or tag's short name. Any without it; builds of cron and by hand have none.",
      example: "main",
      pattern: /^[\x21-\x7e]{1,240}$/,
    },
  },
  assertions: [
    { item: "account_id", operator: "equals", value: "<accountId>" },
    { item: "pipeline_id", operator: "equals", value: "<pipelineId>" },
    { item: "scm_pull_request_target_branch", operator: "exists", value: false },
    { item: "scm_repo_url", operator: "equals", value: "<repositoryUrl>" },
    { item: "scm_ref", operator: "equals", value: "<ref>" },
  ],
  tenantItems: ["pipeline_id", "account_id", "account_name", "sub"],
  names: [
    { item: "account_name", ids: ["account_id"] },
    { item: "pipeline_name", ids: ["pipeline_id", "account_id"] },
    { item: "sub", ids: ["pipeline_id", "account_id"] },
  ],
  personItems: ["initiator", "scm_user_name"],
  chosenItems: ["workflow_id"],
  singleUse: true,
  sharedAudience: "https://g.codefresh.io",
  pipeline: {
    file: "codefresh.yml",
    language: "yaml",
    text: `version: "1.0"
steps:
  obtain_id_token:
    type: obtain-oidc-id-token
    arguments: { AUDIENCE: "<issuerUrl>" }
  deploy:
    image: registry.example.com/curl-and-jq
    commands:
      - |
        TOKEN=$ID_TOKEN
${tokenExchange("        ")}`,
  },
  notes: [
    "A build of a pull request carries the branch that it wants to go into: such builds are refused.",
    "`scm_ref` is a short name: a tag that is called like the branch looks the same, so guard who may push tags.",
    "Builds by hand and by cron carry other claims than those of a push, and `sub` has another shape for each: this trust does not look at it.",
    "A build that somebody starts by hand carries `initiator`, and may run another branch: give `ref`.",
    "Without `AUDIENCE` the token is for Codefresh, and any service that trusts it would take it.",
  ],
  sources: [
    "codefresh-io/docs.codefresh.io: _docs/integrations/oidc-pipelines.md",
    "https://codefresh.io/steps/step/obtain-oidc-id-token",
  ],
  sample: {
    iss: "https://oidc.codefresh.io",
    sub: SUB,
    account_id: "5f30ebd30312313ae7f17948",
    account_name: "acme",
    pipeline_id: "64f0c40800aafd14555660aa",
    pipeline_name: "shop/deploy",
    workflow_id: "64f447c02199f903000a20b1",
    scm_user_name: "lena",
    scm_repo_url: "https://github.com/acme/shop",
    scm_ref: "main",
  },
};

export const codefreshSamples: Samples = {
  template: codefresh,
  variants: [
    { name: "pushed by another colleague", claims: { scm_user_name: "omar" } },
    { name: "a push that somebody runs again by hand", claims: { initiator: "lena" } },
    { name: "a renamed pipeline of the same id", claims: { pipeline_name: "store/deploy" } },
  ],
  neighbours: [
    {
      name: "another account",
      claims: { account_id: "666666666666666666666666", account_name: "mallory" },
      refusedBy: "account_id",
    },
    {
      name: "an account of the same name, created anew",
      claims: { account_id: "777777777777777777777777" },
      refusedBy: "account_id",
    },
    { name: "no account", claims: { account_id: null }, refusedBy: "account_id" },
    { name: "an account that is a number", claims: { account_id: 5 }, refusedBy: "account_id" },
    {
      name: "another pipeline",
      claims: { pipeline_id: "64de5cd47626b3ca134e760a", pipeline_name: "shop/test" },
      refusedBy: "pipeline_id",
    },
    {
      name: "a pipeline of the same name, created anew",
      claims: { pipeline_id: "888888888888888888888888" },
      refusedBy: "pipeline_id",
    },
    {
      name: "a pipeline id that begins alike",
      claims: { pipeline_id: "64f0c40800aafd14555660aab" },
      refusedBy: "pipeline_id",
    },
    {
      name: "a pull request into main",
      claims: { scm_ref: "evil", scm_pull_request_target_branch: "main" },
      refusedBy: "scm_pull_request_target_branch",
    },
    {
      name: "a pull request from a branch that is called main",
      claims: { scm_pull_request_target_branch: "main" },
      refusedBy: "scm_pull_request_target_branch",
    },
    {
      name: "another repository",
      claims: { scm_repo_url: "https://github.com/mallory/shop" },
      refusedBy: "scm_repo_url",
    },
    {
      name: "another spelling of the repository",
      claims: { scm_repo_url: "https://github.com/acme/shop.git" },
      refusedBy: "scm_repo_url",
    },
    { name: "another branch", claims: { scm_ref: "feature" }, refusedBy: "scm_ref" },
    { name: "a branch that begins alike", claims: { scm_ref: "main-2" }, refusedBy: "scm_ref" },
    {
      name: "started by cron",
      claims: { scm_ref: null, scm_repo_url: null, scm_user_name: null },
      refusedBy: "scm_repo_url",
    },
    { name: "a slash at the issuer's end", claims: { iss: "https://oidc.codefresh.io/" }, refusedBy: "iss" },
    { name: "the default audience", claims: { aud: "https://g.codefresh.io" }, refusedBy: "aud" },
  ],
};
