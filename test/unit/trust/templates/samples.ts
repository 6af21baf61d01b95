import { aksSamples } from "../../../../src/trust/templates/aks_samples.ts";
import { awsSamples } from "../../../../src/trust/templates/aws_samples.ts";
import { azureDevopsSamples } from "../../../../src/trust/templates/azure_devops.ts";
import { azureDevopsServiceConnectionSamples } from "../../../../src/trust/templates/azure_devops_service_connection.ts";
import { azureSamples } from "../../../../src/trust/templates/azure_samples.ts";
import { azureV1Samples } from "../../../../src/trust/templates/azure_v1_samples.ts";
import { bitbucketSamples } from "../../../../src/trust/templates/bitbucket.ts";
import { buildkiteSamples } from "../../../../src/trust/templates/buildkite.ts";
import { circleciSamples } from "../../../../src/trust/templates/circleci_samples.ts";
import { codefreshSamples } from "../../../../src/trust/templates/codefresh.ts";
import { eksSamples } from "../../../../src/trust/templates/eks_samples.ts";
import { flySamples } from "../../../../src/trust/templates/fly_samples.ts";
import { githubSamples } from "../../../../src/trust/templates/github.ts";
import { githubDataResidencySamples } from "../../../../src/trust/templates/github_data_residency.ts";
import { githubEnterpriseServerSamples } from "../../../../src/trust/templates/github_enterprise_server.ts";
import { githubSubjectSamples } from "../../../../src/trust/templates/github_subject.ts";
import { gitlabSamples } from "../../../../src/trust/templates/gitlab_samples.ts";
import { gkeSamples } from "../../../../src/trust/templates/gke_samples.ts";
import { googleSamples } from "../../../../src/trust/templates/google_samples.ts";
import { harnessSamples } from "../../../../src/trust/templates/harness_samples.ts";
import { hcpTerraformSamples } from "../../../../src/trust/templates/hcp_terraform.ts";
import { kubernetesInClusterSamples } from "../../../../src/trust/templates/kubernetes_in_cluster_samples.ts";
import { kubernetesSamples } from "../../../../src/trust/templates/kubernetes_samples.ts";
import { semaphoreSamples } from "../../../../src/trust/templates/semaphore_samples.ts";
import { skeSamples } from "../../../../src/trust/templates/ske_samples.ts";
import { spaceliftSamples } from "../../../../src/trust/templates/spacelift_samples.ts";
import { spireSamples } from "../../../../src/trust/templates/spire_samples.ts";
import type { Samples } from "../../../../src/trust/templates/template.ts";
import { vercelSamples } from "../../../../src/trust/templates/vercel.ts";

/** What the tests of the templates run: every template has its samples here, which one of the tests sees to. */
export const SAMPLES: readonly Samples[] = [
  githubSamples,
  githubSubjectSamples,
  githubEnterpriseServerSamples,
  githubDataResidencySamples,
  gitlabSamples,
  circleciSamples,
  buildkiteSamples,
  bitbucketSamples,
  azureDevopsSamples,
  azureDevopsServiceConnectionSamples,
  hcpTerraformSamples,
  kubernetesSamples,
  kubernetesInClusterSamples,
  eksSamples,
  gkeSamples,
  aksSamples,
  skeSamples,
  googleSamples,
  awsSamples,
  azureSamples,
  azureV1Samples,
  vercelSamples,
  flySamples,
  spireSamples,
  spaceliftSamples,
  semaphoreSamples,
  codefreshSamples,
  harnessSamples,
];
