import { CLAIM_TEXT, NUMERIC_ID, tokenExchange, UUID } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** Azure Pipelines, by the token that a job asks for without a service connection. */
export const azureDevops: TrustTemplate = {
  name: "azure-devops",
  title: "Azure DevOps pipeline",
  description: "Azure DevOps signs for the pipelines of one organization.",
  issuer: "https://vstoken.dev.azure.com/<organizationId>",
  issuerGlobs: ["https://vstoken.dev.azure.com/*"],
  isShared: false,
  parameters: {
    organizationId: {
      description: "The organization's id, as the issuer of its tokens has it.",
      example: "0ca3ddd9-1111-4635-a98c-586652696122",
      isRequired: true,
      pattern: UUID,
    },
    projectId: {
      description: "The project's id: `az devops project show`, or the variable `System.TeamProjectId`.",
      example: "271ef6f7-2222-4b0f-86fb-4b54d9129933",
      isRequired: true,
      pattern: UUID,
    },
    definitionId: {
      description: "The pipeline's id: `definitionId` in its URL.",
      example: "12",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    ref: {
      description: "A full ref of a branch or tag: whoever opens a pull request would come in without it.",
      example: "refs/heads/main",
      isRequired: true,
      pattern: /^refs\/(?:heads|tags)\/[\x21-\x7e]{1,240}$/,
    },
    repositoryId: {
      description: "The repository's id; of a GitHub repository its owner and name.",
      example: "5b1c2d3e-3333-4162-8374-8596a7b8c944",
      pattern: CLAIM_TEXT,
    },
  },
  assertions: [
    { item: "aud", operator: "equals", value: "api://AzureADTokenExchange" },
    { item: "org_id", operator: "equals", value: "<organizationId>" },
    { item: "prj_id", operator: "equals", value: "<projectId>" },
    { item: "def_id", operator: "equals", value: "<definitionId>" },
    { item: "rpo_id", operator: "equals", value: "<repositoryId>" },
    { item: "rpo_ref", operator: "equals", value: "<ref>" },
  ],
  tenantItems: ["def_id", "prj_id", "org_id", "sub"],
  names: [{ item: "sub", ids: ["org_id", "prj_id", "def_id"] }],
  personItems: [],
  chosenItems: ["run_id", "rpo_ver"],
  singleUse: true,
  maxTokenAge: 300,
  sharedAudience: "api://AzureADTokenExchange",
  pipeline: {
    file: "azure-pipelines.yml",
    language: "yaml",
    text: `steps:
  - bash: |
      TOKEN=$(curl -sS -X POST -H "Content-Type: application/json" -H "Content-Length: 0" \\
        -H "Authorization: Bearer $SYSTEM_ACCESSTOKEN" \\
        "$SYSTEM_OIDCREQUESTURI?api-version=7.1" | jq -r .oidcToken)
${tokenExchange("      ")}
    env:
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)`,
  },
  notes: [
    "The audience cannot be chosen, and Entra and others accept it too: whoever receives the token may use it there, and a token that was made for them may be used here; hence five minutes, and once.",
    "`sub` has the names of organization, project and pipeline, which change: match the ids.",
    "A pull request is built with `refs/pull/N/merge`: asking for the ref keeps it out.",
    "Whoever may edit the pipeline may point it at another repository: ask for `repositoryId` where those are others.",
    "All ids are text, the pipeline's number too.",
    "Older tokens have the issuer `https://app.vstoken.visualstudio.com/ID`: look at `iss` of yours.",
  ],
  sources: [
    "gravitational/teleport: lib/azuredevops/azuredevops.go, rfd/0211",
    "sigstore/fulcio#1803",
    "MicrosoftDocs/azure-devops-docs: docs/pipelines/release/configure-workload-identity.md",
  ],
  sample: {
    iss: "https://vstoken.dev.azure.com/0ca3ddd9-1111-4635-a98c-586652696122",
    aud: "api://AzureADTokenExchange",
    sub: "p://acme/Shop/shop-deploy",
    org_id: "0ca3ddd9-1111-4635-a98c-586652696122",
    prj_id: "271ef6f7-2222-4b0f-86fb-4b54d9129933",
    def_id: "12",
    rpo_id: "5b1c2d3e-3333-4162-8374-8596a7b8c944",
    rpo_uri: "https://dev.azure.com/acme/Shop/_git/shop",
    rpo_ver: "9f31c5a1d2b7e8f40123456789abcdef01234567",
    rpo_ref: "refs/heads/main",
    run_id: "118",
  },
};

export const azureDevopsSamples: Samples = {
  template: azureDevops,
  variants: [
    { name: "another run", claims: { run_id: "119", rpo_ver: "0123456789abcdef0123456789abcdef01234567" } },
    { name: "a renamed pipeline of the same id", claims: { sub: "p://acme/Shop/store-deploy" } },
  ],
  neighbours: [
    {
      name: "another organization",
      claims: {
        iss: "https://vstoken.dev.azure.com/99a3ddd9-1111-4635-a98c-586652696122",
        org_id: "99a3ddd9-1111-4635-a98c-586652696122",
      },
      refusedBy: "iss",
    },
    {
      name: "Entra for the same audience",
      claims: { iss: "https://login.microsoftonline.com/ff882432-1111-437b-bd22-ca13c0037d22/v2.0" },
      refusedBy: "iss",
    },
    {
      name: "an organization that the issuer is not",
      claims: { org_id: "99a3ddd9-1111-4635-a98c-586652696122" },
      refusedBy: "org_id",
    },
    {
      name: "another project",
      claims: { prj_id: "991ef6f7-2222-4b0f-86fb-4b54d9129933", sub: "p://acme/Blog/shop-deploy" },
      refusedBy: "prj_id",
    },
    {
      name: "a project of the same name, created anew",
      claims: { prj_id: "881ef6f7-2222-4b0f-86fb-4b54d9129933" },
      refusedBy: "prj_id",
    },
    { name: "another pipeline", claims: { def_id: "13", sub: "p://acme/Shop/test" }, refusedBy: "def_id" },
    { name: "a pipeline of the same name, created anew", claims: { def_id: "77" }, refusedBy: "def_id" },
    { name: "an id that is a number", claims: { def_id: 12 }, refusedBy: "def_id" },
    {
      name: "a service connection's token, which has no ids",
      claims: { sub: "sc://acme/Shop/prod", org_id: null, prj_id: null, def_id: null },
      refusedBy: "org_id",
    },
    {
      name: "another repository in our pipeline",
      claims: { rpo_id: "mallory/shop", rpo_uri: "https://github.com/mallory/shop.git" },
      refusedBy: "rpo_id",
    },
    { name: "a pull request", claims: { rpo_ref: "refs/pull/7/merge" }, refusedBy: "rpo_ref" },
    { name: "another branch", claims: { rpo_ref: "refs/heads/feature" }, refusedBy: "rpo_ref" },
    { name: "a tag that is called main", claims: { rpo_ref: "refs/tags/main" }, refusedBy: "rpo_ref" },
    { name: "the branch in another case", claims: { rpo_ref: "refs/heads/Main" }, refusedBy: "rpo_ref" },
    { name: "no ref", claims: { rpo_ref: null }, refusedBy: "rpo_ref" },
    { name: "another audience", claims: { aud: "https://vault.acme.example" }, refusedBy: "aud" },
    { name: "the audience in another case", claims: { aud: "api://azureadtokenexchange" }, refusedBy: "aud" },
  ],
};
