import { tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const ACCOUNT = "Qx7Lm2Rt9KdUvB4nYcE1Gw";
export const ISSUER = `https://app.harness.io/ng/api/oidc/account/${ACCOUNT}`;
/** As Harness lets identifiers be. */
const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]{0,127}$/;

/** Harness's hosted service. */
export const harness: TrustTemplate = {
  name: "harness",
  title: "Harness",
  description: "Harness signs for the pipelines and connectors of one account.",
  issuer: "https://<host>/ng/api/oidc/account/<accountId>",
  issuerGlobs: ["https://*.harness.io/ng/api/oidc/account/*"],
  isShared: false,
  parameters: {
    host: {
      description: "The host of the cluster that the account is on.",
      example: "app.harness.io",
      fallback: "app.harness.io",
      pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.harness\.io$/,
    },
    accountId: {
      description: "The account's id, from its settings.",
      example: ACCOUNT,
      isRequired: true,
      pattern: /^[A-Za-z0-9_-]{8,64}$/,
    },
    organizationId: {
      description: "The organization's identifier.",
      example: "acme",
      isRequired: true,
      pattern: IDENTIFIER,
    },
    projectId: {
      description: "The project's identifier.",
      example: "shop",
      isRequired: true,
      pattern: IDENTIFIER,
    },
    pipelineId: {
      description: "The pipeline's identifier. Any pipeline of the project without it.",
      example: "deploy_shop",
      pattern: IDENTIFIER,
    },
    environmentType: {
      description: "The type of the environment that the stage deploys to.",
      example: "Production",
      pattern: /^[A-Za-z]{3,40}$/,
    },
    audience: {
      description: "The audience that the connector sets; without it the token has to be for this service.",
      example: "sts.amazonaws.com",
      pattern: /^[\x21-\x7e]{1,240}$/,
    },
  },
  assertions: [
    { item: "account_id", operator: "equals", value: "<accountId>" },
    { item: "organization_id", operator: "equals", value: "<organizationId>" },
    { item: "project_id", operator: "equals", value: "<projectId>" },
    { item: "pipeline_id", operator: "equals", value: "<pipelineId>" },
    { item: "environment_type", operator: "equals", value: "<environmentType>" },
    { item: "context", operator: "equals", value: "PIPELINE_EXECUTION" },
    { item: "aud", operator: "equals", value: "<audience>" },
  ],
  tenantItems: ["account_id", "organization_id", "project_id", "sub"],
  names: [
    { item: "organization_id", ids: ["account_id"] },
    { item: "project_id", ids: ["account_id"] },
    { item: "sub", ids: ["account_id"] },
    { item: "connector_name", ids: ["connector_id"] },
  ],
  personItems: ["triggered_by_name"],
  chosenItems: ["connector_name", "step_type"],
  sharedAudience: "sts.amazonaws.com",
  pipeline: {
    file: "the script of a plugin step whose connector uses OIDC",
    language: "sh",
    text: `TOKEN=$PLUGIN_OIDC_TOKEN_ID
${tokenExchange("")}`,
  },
  notes: [
    "The test of a connector gets a token too, without any pipeline: only those of a running pipeline are let in.",
    "The audience is the connector's: one for AWS says `sts.amazonaws.com`, as it does for every other service that takes such tokens.",
    "Harness has an API that signs tokens with claims that its caller gives: whoever holds a key for it may be able to pass for this pipeline, so look who does.",
    "Organizations, projects and pipelines are identified by names that can be used again after they were deleted.",
    "`sub` names the pipeline only where a feature flag is on: this trust does not look at it.",
    "The key set is behind `/.wellknown/jwks`, spelled so: find it by discovery.",
  ],
  sources: [
    "harness/developer-hub: docs/platform/connectors/cloud-providers",
    "https://developer.harness.io/harness-platform/use-harness-platform/pipelines/workload-identity/token-claims-reference",
  ],
  sample: {
    iss: ISSUER,
    aud: "sts.amazonaws.com",
    sub: `account/${ACCOUNT}:org/acme:project/shop`,
    account_id: ACCOUNT,
    organization_id: "acme",
    project_id: "shop",
    pipeline_id: "deploy_shop",
    connector_id: "aws_oidc",
    connector_name: "aws-oidc",
    environment_id: "prod",
    environment_type: "Production",
    triggered_by_name: "lena",
    step_type: "Plugin",
    context: "PIPELINE_EXECUTION",
  },
};
