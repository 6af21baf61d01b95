import { CLAIM_TEXT, tokenExchange, UUID } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** Buildkite, by the ids that a job has to ask for. */
export const buildkite: TrustTemplate = {
  name: "buildkite",
  title: "Buildkite",
  description: "Buildkite signs for the jobs of every organization with one issuer.",
  issuer: "https://agent.buildkite.com",
  issuerGlobs: ["https://agent.buildkite.com"],
  isShared: true,
  parameters: {
    organizationId: {
      description: "The organization's UUID, from its settings.",
      example: "0184990a-477b-4fa8-9968-496074483a77",
      isRequired: true,
      pattern: UUID,
    },
    pipelineId: {
      description: "The pipeline's UUID, from its settings.",
      example: "0184990a-4782-42b5-afc1-16715b10b1e0",
      isRequired: true,
      pattern: UUID,
    },
    branch: {
      description: "The branch that is built, without `refs/heads/`. Any without it.",
      example: "main",
      pattern: /^[\x21-\x7e]{1,240}$/,
    },
    stepKey: { description: "The key of the step.", example: "deploy", pattern: CLAIM_TEXT },
    buildSource: {
      description: "What created the build; `webhook` keeps builds out whose branch somebody typed.",
      example: "webhook",
      pattern: /^(?:ui|api|webhook|trigger_job|schedule)$/,
    },
  },
  assertions: [
    { item: "organization_id", operator: "equals", value: "<organizationId>" },
    { item: "pipeline_id", operator: "equals", value: "<pipelineId>" },
    { item: "build_branch", operator: "equals", value: "<branch>" },
    { item: "build_tag", operator: "exists", value: false },
    { item: "step_key", operator: "equals", value: "<stepKey>" },
    { item: "build_source", operator: "equals", value: "<buildSource>" },
  ],
  tenantItems: ["pipeline_id", "organization_id", "cluster_id", "organization_slug", "sub"],
  names: [
    { item: "pipeline_slug", ids: ["pipeline_id", "organization_id"] },
    { item: "organization_slug", ids: ["organization_id"] },
    { item: "cluster_name", ids: ["cluster_id"] },
    { item: "queue_key", ids: ["queue_id"] },
    { item: "sub", ids: ["pipeline_id", "organization_id"] },
  ],
  personItems: [],
  chosenItems: ["step_key", "build_number", "build_commit", "build_id", "job_id", "agent_id"],
  singleUse: true,
  sharedAudience: "https://buildkite.com/ORGANIZATION",
  pipeline: {
    file: ".buildkite/deploy.sh",
    language: "sh",
    text: `#!/bin/sh
set -eu
TOKEN=$(buildkite-agent oidc request-token --audience <issuerUrl> \\
  --claim organization_id,pipeline_id)
${tokenExchange("")}
printf %s "$ACCESS_TOKEN" | buildkite-agent redactor add`,
  },
  notes: [
    "The ids are in the token only if the job asks for them with `--claim organization_id,pipeline_id`; without, every token is refused.",
    "A build of a tag is refused, for its branch may be any text: who releases by tags asks for `build_tag` in a trust of their own.",
    "A pull request of a fork is built under the fork's branch name, which may be main: do not build forks in this pipeline, or have their branch names prefixed.",
    "Who creates a build by hand or through the API types its branch: ask for `buildSource` where that matters.",
    "`step_key` is what the pipeline's author wrote, and null where nothing was.",
    "Slugs change with their names, the UUIDs do not.",
    "Agents of your own may share a host: whoever runs a job there may read what another one asks for.",
  ],
  sources: [
    "buildkite/docs: pages/agent/cli/reference/oidc.md",
    "buildkite.com/docs/apis/graphql/schemas/object/repositoryprovidergithubsettings",
  ],
  sample: {
    iss: "https://agent.buildkite.com",
    sub: "organization:acme:pipeline:shop:ref:refs/heads/main:commit:9f31c5a1d2b7e8f40123456789abcdef01234567:step:deploy",
    organization_id: "0184990a-477b-4fa8-9968-496074483a77",
    organization_slug: "acme",
    pipeline_id: "0184990a-4782-42b5-afc1-16715b10b1e0",
    pipeline_slug: "shop",
    build_number: 118,
    build_branch: "main",
    build_commit: "9f31c5a1d2b7e8f40123456789abcdef01234567",
    step_key: "deploy",
    job_id: "0184990a-477b-4fa8-9968-496074483cee",
    agent_id: "0184990a-4782-42b5-afc1-16715b10b8ff",
    build_source: "webhook",
    runner_environment: "self-hosted",
  },
};

export const buildkiteSamples: Samples = {
  template: buildkite,
  variants: [
    {
      name: "another build of the branch",
      claims: { build_number: 119, build_commit: "0123456789abcdef0123456789abcdef01234567" },
    },
    { name: "a pipeline of another name with its id", claims: { pipeline_slug: "store" } },
    { name: "an id for sub", claims: { sub: "0184990a-4782-42b5-afc1-16715b10b1e0" } },
  ],
  neighbours: [
    {
      name: "another organization",
      claims: { organization_id: "0184990a-0000-4fa8-9968-496074483a77", organization_slug: "mallory" },
      refusedBy: "organization_id",
    },
    {
      name: "an organization of the same slug, registered anew",
      claims: { organization_id: "0199ffff-477b-4fa8-9968-496074483a77" },
      refusedBy: "organization_id",
    },
    {
      name: "a token without the ids",
      claims: { organization_id: null, pipeline_id: null },
      refusedBy: "organization_id",
    },
    {
      name: "another pipeline of the organization",
      claims: { pipeline_id: "0184990a-0000-42b5-afc1-16715b10b1e0", pipeline_slug: "blog" },
      refusedBy: "pipeline_id",
    },
    { name: "a token without the pipeline's id", claims: { pipeline_id: null }, refusedBy: "pipeline_id" },
    {
      name: "the id in another case",
      claims: { pipeline_id: "0184990A-4782-42B5-AFC1-16715B10B1E0" },
      refusedBy: "pipeline_id",
    },
    { name: "another branch", claims: { build_branch: "feature" }, refusedBy: "build_branch" },
    {
      name: "a fork's branch with its prefix",
      claims: { build_branch: "mallory:main" },
      refusedBy: "build_branch",
    },
    {
      name: "a typed branch that imitates the subject",
      claims: { build_branch: "main:commit:9f31:step:deploy" },
      refusedBy: "build_branch",
    },
    {
      name: "a branch with refs/heads",
      claims: { build_branch: "refs/heads/main" },
      refusedBy: "build_branch",
    },
    { name: "a tag that is called main", claims: { build_tag: "main" }, refusedBy: "build_tag" },
    { name: "a tag of an empty name", claims: { build_tag: "" }, refusedBy: "build_tag" },
    { name: "another step", claims: { step_key: "test" }, refusedBy: "step_key" },
    { name: "a step without a key", claims: { step_key: null }, refusedBy: "step_key" },
    { name: "a build that somebody created", claims: { build_source: "ui" }, refusedBy: "build_source" },
    { name: "a number for the step", claims: { step_key: 3 }, refusedBy: "step_key" },
    { name: "another issuer", claims: { iss: "https://agent.buildkite.com/" }, refusedBy: "iss" },
    {
      name: "a token made for its default audience",
      claims: { aud: "https://buildkite.com/acme" },
      refusedBy: "aud",
    },
  ],
};
