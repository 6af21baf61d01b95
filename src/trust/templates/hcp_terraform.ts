import { HOST, tokenExchange } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** HCP Terraform, its European instance, and Terraform Enterprise on a host of one's own. */
export const hcpTerraform: TrustTemplate = {
  name: "hcp-terraform",
  title: "HCP Terraform and Terraform Enterprise",
  description:
    "HCP Terraform signs for the runs of every organization with one issuer; a Terraform Enterprise for its own.",
  issuer: "https://<host>",
  issuerGlobs: ["https://app.terraform.io", "https://app.eu.terraform.io"],
  mark: "terraform_workspace_id",
  isShared: true,
  parameters: {
    host: {
      description:
        "`app.terraform.io`, in Europe `app.eu.terraform.io`, or the host of a Terraform Enterprise.",
      example: "app.terraform.io",
      pattern: HOST,
      fallback: "app.terraform.io",
    },
    organizationId: {
      description: "The organization's id, from its settings.",
      example: "org-GRNbCjYNpBB6NEH1",
      isRequired: true,
      pattern: /^org-[A-Za-z0-9]{1,64}$/,
    },
    workspaceId: {
      description: "The workspace's id, as its page shows it.",
      example: "ws-mbsd5E3Ktt5Rg2X1",
      isRequired: true,
      pattern: /^ws-[A-Za-z0-9]{1,64}$/,
    },
    runPhase: {
      description: "`apply`, or `plan` for an account that may only read.",
      example: "apply",
      isRequired: true,
      pattern: /^(?:plan|apply)$/,
    },
    projectId: {
      description: "The id of the project that the workspace is in.",
      example: "prj-vegSA59s1XPwMr21",
      pattern: /^prj-[A-Za-z0-9]{1,64}$/,
    },
  },
  assertions: [
    { item: "terraform_organization_id", operator: "equals", value: "<organizationId>" },
    { item: "terraform_project_id", operator: "equals", value: "<projectId>" },
    { item: "terraform_workspace_id", operator: "equals", value: "<workspaceId>" },
    { item: "terraform_run_phase", operator: "equals", value: "<runPhase>" },
  ],
  tenantItems: [
    "terraform_workspace_id",
    "terraform_project_id",
    "terraform_organization_id",
    "terraform_full_workspace",
    "terraform_organization_name",
    "sub",
  ],
  names: [
    { item: "terraform_organization_name", ids: ["terraform_organization_id"] },
    { item: "terraform_project_name", ids: ["terraform_project_id", "terraform_organization_id"] },
    { item: "terraform_workspace_name", ids: ["terraform_workspace_id", "terraform_organization_id"] },
    { item: "terraform_full_workspace", ids: ["terraform_workspace_id", "terraform_organization_id"] },
    { item: "sub", ids: ["terraform_workspace_id", "terraform_organization_id"] },
  ],
  personItems: [],
  chosenItems: ["terraform_run_id"],
  pipeline: {
    file: "access_token.sh",
    language: "sh",
    text: `#!/bin/sh
# The workspace's environment variable TFC_WORKLOAD_IDENTITY_AUDIENCE is <issuerUrl>.
# Terraform's data source "external" runs this file; its result has the member access_token.
set -eu
TOKEN=$TFC_WORKLOAD_IDENTITY_TOKEN
${tokenExchange("")}
jq -n --arg token "$ACCESS_TOKEN" '{access_token: $token}'`,
  },
  notes: [
    "A speculative plan runs what a pull request wrote, in the phase `plan`: a trust is for one phase, and the account of `plan` should only read.",
    "A phase has one token for all of its providers, so it may come here more than once.",
    "The names of organization, project and workspace change, and are free for others then: match the ids.",
    "Names may have spaces in them (`Default Project`), so never take `sub` apart.",
    "What a data source returns is kept in the state: restrict who reads the state, access tokens are short-lived for this.",
    "The variable may end with `_TAG`, for a token per audience: its token is in `TFC_WORKLOAD_IDENTITY_TOKEN_TAG`.",
  ],
  sources: [
    "hashicorp/terraform-docs-common: website/docs/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens.mdx",
    "MicrosoftDocs/entra-docs: docs/workload-id/workload-identities-flexible-federated-identity-credentials.md (the host in Europe)",
  ],
  sample: {
    iss: "https://app.terraform.io",
    sub: "organization:acme:project:Default Project:workspace:shop-prod:run_phase:apply",
    terraform_organization_id: "org-GRNbCjYNpBB6NEH1",
    terraform_organization_name: "acme",
    terraform_project_id: "prj-vegSA59s1XPwMr21",
    terraform_project_name: "Default Project",
    terraform_workspace_id: "ws-mbsd5E3Ktt5Rg2X1",
    terraform_workspace_name: "shop-prod",
    terraform_full_workspace: "organization:acme:project:Default Project:workspace:shop-prod",
    terraform_run_id: "run-X3n1AUXNGWbfECs1",
    terraform_run_phase: "apply",
  },
};

export const hcpTerraformSamples: Samples = {
  template: hcpTerraform,
  variants: [
    { name: "another run", claims: { terraform_run_id: "run-X3n1AUXNGWbfECs2" } },
    {
      name: "a renamed workspace of the same id",
      claims: {
        sub: "organization:acme:project:Default Project:workspace:store-prod:run_phase:apply",
        terraform_workspace_name: "store-prod",
        terraform_full_workspace: "organization:acme:project:Default Project:workspace:store-prod",
      },
    },
  ],
  neighbours: [
    {
      name: "another organization",
      claims: { terraform_organization_id: "org-0000CjYNpBB6NEH1", terraform_organization_name: "mallory" },
      refusedBy: "terraform_organization_id",
    },
    {
      name: "an organization of the same name, registered anew",
      claims: { terraform_organization_id: "org-9999CjYNpBB6NEH1" },
      refusedBy: "terraform_organization_id",
    },
    {
      name: "no organization's id",
      claims: { terraform_organization_id: null },
      refusedBy: "terraform_organization_id",
    },
    {
      name: "another project",
      claims: { terraform_project_id: "prj-0000A59s1XPwMr21" },
      refusedBy: "terraform_project_id",
    },
    {
      name: "another workspace",
      claims: { terraform_workspace_id: "ws-0000d5E3Ktt5Rg2X", terraform_workspace_name: "shop-test" },
      refusedBy: "terraform_workspace_id",
    },
    {
      name: "a workspace of the same name, created anew",
      claims: { terraform_workspace_id: "ws-9999d5E3Ktt5Rg2X" },
      refusedBy: "terraform_workspace_id",
    },
    {
      name: "the workspace's id in another case",
      claims: { terraform_workspace_id: "ws-MBSD5E3KTT5RG2X1" },
      refusedBy: "terraform_workspace_id",
    },
    {
      name: "a workspace that is a number",
      claims: { terraform_workspace_id: 1 },
      refusedBy: "terraform_workspace_id",
    },
    {
      name: "the speculative plan of a pull request",
      claims: {
        sub: "organization:acme:project:Default Project:workspace:shop-prod:run_phase:plan",
        terraform_run_phase: "plan",
      },
      refusedBy: "terraform_run_phase",
    },
    {
      name: "a subject that imitates the phase",
      claims: {
        sub: "organization:acme:project:Default Project:workspace:shop-prod:run_phase:apply:run_phase:plan",
        terraform_workspace_name: "shop-prod:run_phase:apply",
        terraform_run_phase: "plan",
      },
      refusedBy: "terraform_run_phase",
    },
    { name: "no phase", claims: { terraform_run_phase: null }, refusedBy: "terraform_run_phase" },
    { name: "the instance in Europe", claims: { iss: "https://app.eu.terraform.io" }, refusedBy: "iss" },
    { name: "a Terraform Enterprise", claims: { iss: "https://tfe.evil.example" }, refusedBy: "iss" },
    { name: "a token made for AWS", claims: { aud: "aws.workload.identity" }, refusedBy: "aud" },
  ],
};
