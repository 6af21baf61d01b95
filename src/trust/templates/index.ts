import { matchesGlob } from "../glob.ts";
import { aks } from "./aks.ts";
import { aws } from "./aws.ts";
import { azure } from "./azure.ts";
import { azureDevops } from "./azure_devops.ts";
import { azureDevopsServiceConnection } from "./azure_devops_service_connection.ts";
import { azureV1 } from "./azure_v1.ts";
import { bitbucket } from "./bitbucket.ts";
import { buildkite } from "./buildkite.ts";
import { circleci } from "./circleci.ts";
import { codefresh } from "./codefresh.ts";
import { eks } from "./eks.ts";
import { fly } from "./fly.ts";
import { github } from "./github.ts";
import { githubDataResidency } from "./github_data_residency.ts";
import { githubEnterpriseServer } from "./github_enterprise_server.ts";
import { githubSubject } from "./github_subject.ts";
import { gitlab } from "./gitlab.ts";
import { gke } from "./gke.ts";
import { google } from "./google.ts";
import { harness } from "./harness.ts";
import { hcpTerraform } from "./hcp_terraform.ts";
import { kubernetes } from "./kubernetes.ts";
import { kubernetesInCluster } from "./kubernetes_in_cluster.ts";
import { semaphore } from "./semaphore.ts";
import { ske } from "./ske.ts";
import { spacelift } from "./spacelift.ts";
import { spire } from "./spire.ts";
import type { Claims, TrustTemplate } from "./template.ts";
import { vercel } from "./vercel.ts";

/** Every template, as it is listed: what most people use first. */
export const TEMPLATES: readonly TrustTemplate[] = [
  github,
  githubSubject,
  githubEnterpriseServer,
  githubDataResidency,
  gitlab,
  circleci,
  buildkite,
  bitbucket,
  azureDevops,
  azureDevopsServiceConnection,
  hcpTerraform,
  kubernetes,
  kubernetesInCluster,
  eks,
  gke,
  aks,
  ske,
  google,
  aws,
  azure,
  azureV1,
  vercel,
  fly,
  spire,
  spacelift,
  semaphore,
  codefresh,
  harness,
];

/** A template by its name. */
export function templateOf(name: string): TrustTemplate | undefined {
  return TEMPLATES.find((template) => template.name === name);
}

/** Which kind an issuer is of, by its URL, or else by a claim that only such tokens carry; undefined where nothing tells. */
export function kindOf(issuer: string, claims: Claims): TrustTemplate | undefined {
  const byIssuer = kindOfIssuer(issuer);
  return byIssuer ?? TEMPLATES.find(({ mark }) => mark !== undefined && Object.hasOwn(claims, mark));
}

/** Which kind an issuer is of, by its URL alone. */
export function kindOfIssuer(issuer: string): TrustTemplate | undefined {
  return TEMPLATES.find(({ issuerGlobs }) => issuerGlobs?.some((pattern) => matchesGlob(pattern, issuer)));
}
