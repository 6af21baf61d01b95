import { CLAIM_TEXT, tokenExchange, UUID } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** Bitbucket Pipelines. Its UUIDs stand in braces. */
export const bitbucket: TrustTemplate = {
  name: "bitbucket",
  title: "Bitbucket Pipelines",
  description: "Bitbucket signs for the steps of one workspace's repositories.",
  issuer: "https://api.bitbucket.org/2.0/workspaces/<workspace>/pipelines-config/identity/oidc",
  issuerGlobs: ["https://api.bitbucket.org/2.0/workspaces/*/pipelines-config/identity/oidc"],
  isShared: false,
  parameters: {
    workspace: {
      description: "The workspace's slug, as it stands in URLs.",
      example: "acme",
      isRequired: true,
      pattern: /^[A-Za-z0-9_-]{1,64}$/,
    },
    workspaceUuid: {
      description: "The workspace's UUID: repository settings, OpenID Connect.",
      example: "11a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8",
      isRequired: true,
      pattern: UUID,
      braces: true,
    },
    repositoryUuid: {
      description: "The repository's UUID: repository settings, OpenID Connect.",
      example: "aa0b1c2d-3e4f-4051-8263-748596a7b8c9",
      isRequired: true,
      pattern: UUID,
      braces: true,
    },
    deploymentEnvironmentUuid: {
      description: "The deployment environment's UUID: repository settings, OpenID Connect.",
      example: "dd1e2f30-4152-4637-8849-5a6b7c8d9e0f",
      pattern: UUID,
      braces: true,
    },
    branch: {
      description: "The branch, without `refs/heads/`. Any without it.",
      example: "main",
      pattern: CLAIM_TEXT,
    },
  },
  assertions: [
    { item: "workspaceUuid", operator: "equals", value: "{<workspaceUuid>}" },
    { item: "repositoryUuid", operator: "equals", value: "{<repositoryUuid>}" },
    { item: "deploymentEnvironmentUuid", operator: "equals", value: "{<deploymentEnvironmentUuid>}" },
    { item: "branchName", operator: "equals", value: "<branch>" },
  ],
  tenantItems: ["repositoryUuid", "workspaceUuid", "sub"],
  names: [],
  personItems: [],
  chosenItems: ["pipelineUuid", "stepUuid"],
  sharedAudience: "ari:cloud:bitbucket::workspace/<workspaceUuid>",
  pipeline: {
    file: "bitbucket-pipelines.yml",
    language: "yaml",
    text: `pipelines:
  branches:
    main:
      - step:
          deployment: production
          oidc:
            audiences:
              - <issuerUrl>
          script:
            - TOKEN=$BITBUCKET_STEP_OIDC_TOKEN
            - |
${tokenExchange("              ")}`,
  },
  notes: [
    "UUIDs stand in the token with braces around them: give them with or without, the trust has them with.",
    "The issuer has the workspace's slug in it: whoever renames the workspace has to change the trust.",
    "`sub` has the step's UUID in it, which is another in every run: no trust can equal it.",
    "The issuer answers only once OpenID Connect was switched on and a pipeline has run.",
    "With `oidc: true` the audience is the workspace's, which every service of the workspace accepts: name this service under `audiences`, and nothing else.",
    "Whoever may push may make a branch: ask for the deployment environment, and restrict who deploys to it.",
  ],
  sources: [
    "support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc",
    "atlassian.com/blog/bitbucket/bitbucket-pipelines-oidc-now-supports-multiple-audiences",
    "gravitational/teleport: lib/bitbucket/bitbucket.go",
  ],
  sample: {
    iss: "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
    sub: "{aa0b1c2d-3e4f-4051-8263-748596a7b8c9}:{bb1c2d3e-4f50-4162-8374-8596a7b8c9d0}",
    workspaceUuid: "{11a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8}",
    repositoryUuid: "{aa0b1c2d-3e4f-4051-8263-748596a7b8c9}",
    pipelineUuid: "{cc2d3e4f-5061-4273-8485-96a7b8c9d0e1}",
    stepUuid: "{bb1c2d3e-4f50-4162-8374-8596a7b8c9d0}",
    deploymentEnvironmentUuid: "{dd1e2f30-4152-4637-8849-5a6b7c8d9e0f}",
    branchName: "main",
  },
};

export const bitbucketSamples: Samples = {
  template: bitbucket,
  parameters: { repositoryUuid: "{aa0b1c2d-3e4f-4051-8263-748596a7b8c9}" },
  variants: [
    {
      name: "another run",
      claims: {
        sub: "{aa0b1c2d-3e4f-4051-8263-748596a7b8c9}:{ee3f4051-6273-4485-96a7-b8c9d0e1f203}",
        pipelineUuid: "{ff405162-7384-4596-a7b8-c9d0e1f20314}",
        stepUuid: "{ee3f4051-6273-4485-96a7-b8c9d0e1f203}",
      },
    },
    { name: "for a list of audiences", claims: { aud: ["https://sts.example.com"] } },
  ],
  neighbours: [
    {
      name: "another workspace's issuer",
      claims: { iss: "https://api.bitbucket.org/2.0/workspaces/mallory/pipelines-config/identity/oidc" },
      refusedBy: "iss",
    },
    {
      name: "the issuer with a slash",
      claims: { iss: "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc/" },
      refusedBy: "iss",
    },
    {
      name: "a workspace of the same slug, registered anew",
      claims: { workspaceUuid: "{22a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8}" },
      refusedBy: "workspaceUuid",
    },
    {
      name: "a workspace without braces",
      claims: { workspaceUuid: "11a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8" },
      refusedBy: "workspaceUuid",
    },
    { name: "no workspace", claims: { workspaceUuid: null }, refusedBy: "workspaceUuid" },
    {
      name: "another repository of the workspace",
      claims: { repositoryUuid: "{ab0b1c2d-3e4f-4051-8263-748596a7b8c9}" },
      refusedBy: "repositoryUuid",
    },
    {
      name: "the repository in another case",
      claims: { repositoryUuid: "{AA0B1C2D-3E4F-4051-8263-748596A7B8C9}" },
      refusedBy: "repositoryUuid",
    },
    {
      name: "a fork in our workspace",
      claims: {
        repositoryUuid: "{ac0b1c2d-3e4f-4051-8263-748596a7b8c9}",
        sub: "{ac0b1c2d-3e4f-4051-8263-748596a7b8c9}:{bb1c2d3e-4f50-4162-8374-8596a7b8c9d0}",
      },
      refusedBy: "repositoryUuid",
    },
    {
      name: "another environment",
      claims: { deploymentEnvironmentUuid: "{de1e2f30-4152-4637-8849-5a6b7c8d9e0f}" },
      refusedBy: "deploymentEnvironmentUuid",
    },
    {
      name: "the environment's name",
      claims: { deploymentEnvironmentUuid: "production" },
      refusedBy: "deploymentEnvironmentUuid",
    },
    {
      name: "a step that deploys nowhere",
      claims: { deploymentEnvironmentUuid: null },
      refusedBy: "deploymentEnvironmentUuid",
    },
    { name: "another branch", claims: { branchName: "feature" }, refusedBy: "branchName" },
    { name: "the branch in another case", claims: { branchName: "Main" }, refusedBy: "branchName" },
    { name: "a full ref", claims: { branchName: "refs/heads/main" }, refusedBy: "branchName" },
    { name: "a tag, which has no branch", claims: { branchName: null }, refusedBy: "branchName" },
    { name: "a branch that is a number", claims: { branchName: 7 }, refusedBy: "branchName" },
    {
      name: "a token made for its default audience",
      claims: { aud: "ari:cloud:bitbucket::workspace/11a2b3c4-d5e6-4f70-8192-a3b4c5d6e7f8" },
      refusedBy: "aud",
    },
  ],
};
