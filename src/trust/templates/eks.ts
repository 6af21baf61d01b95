import {
  podManifest,
  serviceAccountAssertions,
  serviceAccountClaims,
  serviceAccountFacts,
  serviceAccountNotes,
  serviceAccountParameters,
} from "./kubernetes_parts.ts";
import type { TrustTemplate } from "./template.ts";

export const ISSUER = "https://oidc.eks.eu-central-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9";

/** Amazon's clusters. What runs on AWS beside them takes the template `aws`. */
export const eks: TrustTemplate = {
  name: "eks",
  title: "Amazon EKS",
  description: "Amazon signs for the service accounts of one EKS cluster.",
  issuer: "https://oidc.eks.<region>.amazonaws.com/id/<clusterId>",
  issuerGlobs: ["https://oidc.eks.*.amazonaws.com/id/*"],
  ...serviceAccountFacts,
  parameters: {
    region: {
      description: "The cluster's region.",
      example: "eu-central-1",
      isRequired: true,
      pattern: /^[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d$/,
    },
    clusterId: {
      description:
        "What ends its issuer: `aws eks describe-cluster --name NAME --query cluster.identity.oidc.issuer`.",
      example: "0A1B2C3D4E5F60718293A4B5C6D7E8F9",
      isRequired: true,
      pattern: /^[0-9A-Z]{32}$/,
    },
    ...serviceAccountParameters,
  },
  assertions: serviceAccountAssertions,
  pipeline: podManifest(),
  notes: [
    "The token that EKS mounts for IAM roles is for `sts.amazonaws.com`: project another one, for this service.",
    "Amazon changes the signing keys about once a week: let them be fetched, and upload none.",
    "A cluster that is made anew has another id, and needs another trust.",
    ...serviceAccountNotes,
  ],
  sources: ["sigstore/fulcio: config/identity/config.yaml", "https://github.com/openfga/openfga/issues/3099"],
  sample: { iss: ISSUER, ...serviceAccountClaims },
};
