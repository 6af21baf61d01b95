/** The words for whom a trust lets in, by item: a claim that has the same name with several providers means the same. */

/** What an item counts. */
export interface Unit {
  readonly one: string;
  readonly many: string;
  /** What is in it, of which any comes in while nothing narrower is asserted. */
  readonly holds?: string;
  /** Where its values are paths: what the first segments name. */
  readonly of?: string;
}

const REPOSITORY: Unit = { one: "repository", many: "repositories" };
const OWNER: Unit = { one: "owner", many: "owners", holds: "repository" };
const PIPELINE: Unit = { one: "pipeline", many: "pipelines" };
const PROJECT: Unit = { one: "project", many: "projects" };
const WORKSPACE: Unit = { one: "workspace", many: "workspaces" };
const APP: Unit = { one: "app", many: "apps" };
const SERVICE_ACCOUNT: Unit = { one: "service account", many: "service accounts" };
const IN_CLUSTER: Unit = { one: "service account of one cluster", many: "service accounts of one cluster" };
const NAMESPACE: Unit = { one: "namespace", many: "namespaces", holds: "service account" };
const ENTERPRISE: Unit = { one: "enterprise", many: "enterprises", holds: "repository" };
const GROUP: Unit = { one: "group", many: "groups", holds: "project" };
const TEAM: Unit = { one: "team", many: "teams", holds: "project" };
const AWS = "/https:~1~1sts.amazonaws.com~1";

const GITHUB = {
  repository_id: REPOSITORY,
  repository: { ...REPOSITORY, of: "owner" },
  repository_owner_id: OWNER,
  repository_owner: OWNER,
  enterprise_id: ENTERPRISE,
  enterprise: ENTERPRISE,
};
const KUBERNETES = {
  "/kubernetes.io/serviceaccount/uid": IN_CLUSTER,
  service_account: IN_CLUSTER,
  "/kubernetes.io/namespace": NAMESPACE,
  namespace: NAMESPACE,
};
const AZURE = {
  sub: { one: "identity", many: "identities" },
  oid: { one: "identity", many: "identities" },
  xms_mirid: { one: "identity", many: "identities" },
  azp: { one: "application", many: "applications" },
  appid: { one: "application", many: "applications" },
  tid: { one: "tenant", many: "tenants", holds: "identity" },
};

/** By the template's name; the narrowest first. */
export const UNITS: Readonly<Record<string, Readonly<Record<string, Unit>>>> = {
  github: GITHUB,
  "github-enterprise-server": GITHUB,
  "github-data-residency": GITHUB,
  gitlab: {
    project_id: PROJECT,
    project_path: { ...PROJECT, of: "group" },
    namespace_id: GROUP,
    namespace_path: GROUP,
  },
  circleci: {
    "oidc.circleci.com/project-id": PROJECT,
    "oidc.circleci.com/org-id": organizationOf("project"),
  },
  buildkite: {
    pipeline_id: PIPELINE,
    pipeline_slug: PIPELINE,
    cluster_id: { one: "cluster", many: "clusters", holds: "pipeline" },
    organization_id: organizationOf("pipeline"),
    organization_slug: organizationOf("pipeline"),
  },
  bitbucket: {
    repositoryUuid: REPOSITORY,
    workspaceUuid: { one: "workspace", many: "workspaces", holds: "repository" },
  },
  "azure-devops": {
    def_id: PIPELINE,
    prj_id: { one: "project", many: "projects", holds: "pipeline" },
    org_id: organizationOf("pipeline"),
  },
  "hcp-terraform": {
    terraform_workspace_id: WORKSPACE,
    terraform_full_workspace: WORKSPACE,
    terraform_workspace_name: WORKSPACE,
    terraform_project_id: { one: "project", many: "projects", holds: "workspace" },
    terraform_project_name: { one: "project", many: "projects", holds: "workspace" },
    terraform_organization_id: organizationOf("workspace"),
    terraform_organization_name: organizationOf("workspace"),
  },
  "kubernetes-in-cluster": KUBERNETES,
  eks: KUBERNETES,
  gke: KUBERNETES,
  aks: KUBERNETES,
  google: {
    sub: SERVICE_ACCOUNT,
    email: SERVICE_ACCOUNT,
    "/google/compute_engine/project_number": { ...PROJECT, holds: "machine" },
    "/google/compute_engine/project_id": { ...PROJECT, holds: "machine" },
  },
  aws: {
    sub: { one: "role", many: "roles" },
    [`${AWS}/aws_account`]: { one: "account", many: "accounts", holds: "role" },
    [`${AWS}/org_id`]: organizationOf("role"),
  },
  azure: AZURE,
  "azure-v1": AZURE,
  vercel: {
    project_id: PROJECT,
    project: PROJECT,
    owner_id: TEAM,
    owner: TEAM,
  },
  fly: { app_id: APP, app_name: APP, org_id: organizationOf("app"), org_name: organizationOf("app") },
  spacelift: {
    callerId: { one: "stack", many: "stacks" },
    spaceId: { one: "space", many: "spaces", holds: "stack" },
  },
  semaphore: {
    prj_id: PROJECT,
    prj: PROJECT,
    org_id: organizationOf("project"),
    org: organizationOf("project"),
  },
  codefresh: {
    pipeline_id: PIPELINE,
    pipeline_name: PIPELINE,
    account_id: { one: "account", many: "accounts", holds: "pipeline" },
    account_name: { one: "account", many: "accounts", holds: "pipeline" },
  },
  harness: {
    pipeline_id: PIPELINE,
    project_id: { one: "project", many: "projects", holds: "pipeline" },
    organization_id: organizationOf("pipeline"),
    account_id: { one: "account", many: "accounts", holds: "pipeline" },
  },
};

function organizationOf(holds: string): Unit {
  return { one: "organization", many: "organizations", holds };
}

/** Items that say from which branch or tag; `any` is said where none is asserted and the kind has them. */
export const REF_ITEMS: readonly string[] = [
  "ref",
  "ref_path",
  "rpo_ref",
  "oidc.circleci.com/vcs-ref",
  "build_branch",
  "branchName",
  "scm_ref",
];

/** Items that say for which environment. */
export const ENVIRONMENT_ITEMS: readonly string[] = ["environment", "deploymentEnvironmentUuid"];

/** Items that say in which phase: the value is the word. */
export const PHASE_ITEMS: readonly string[] = ["terraform_run_phase"];

/** Subjects that are made of other claims, by what those are called. Several groups are read from one text. */
export const SUBJECTS: readonly RegExp[] = [
  /^repo:(?<repository>[^:]+)(?::\*+|:ref:(?<ref>.+)|:environment:(?<environment>[^:]+))?$/,
  /^project_path:(?<project_path>[^:]+)(?::\*+|:ref_type:(?<ref_type>[^:]+):ref:(?<ref>.+))?$/,
  /^organization:(?<terraform_organization_name>[^:]+):project:(?<terraform_project_name>[^:]+):workspace:(?<terraform_workspace_name>[^:]+)(?::\*+|:run_phase:(?<terraform_run_phase>[^:]+))?$/,
  /^organization:(?<organization_slug>[^:]+):pipeline:(?<pipeline_slug>[^:]+)(?::\*+|:ref:(?<ref>[^:]+)(?::.*)?)?$/,
  /^owner:(?<owner>[^:]+):project:(?<project>[^:]+)(?::\*+|:environment:(?<environment>[^:]+))?$/,
  /^system:serviceaccount:(?<namespace>[^:]+):(?<service_account>[^:]+)$/,
];
