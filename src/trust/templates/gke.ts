import {
  podManifest,
  serviceAccountAssertions,
  serviceAccountClaims,
  serviceAccountFacts,
  serviceAccountNotes,
  serviceAccountParameters,
} from "./kubernetes_parts.ts";
import type { TrustTemplate } from "./template.ts";

export const CLUSTERS =
  "https://container.googleapis.com/v1/projects/acme-shop/locations/europe-west3/clusters";

/** Google's clusters. What runs as a Google service account takes the template `google`. */
export const gke: TrustTemplate = {
  name: "gke",
  title: "Google Kubernetes Engine",
  description: "Google signs for the Kubernetes service accounts of one GKE cluster.",
  issuer: "https://container.googleapis.com/v1/projects/<project>/locations/<location>/clusters/<cluster>",
  issuerGlobs: ["https://container.googleapis.com/v1/projects/*/locations/*/clusters/*"],
  ...serviceAccountFacts,
  parameters: {
    project: {
      description: "The Google Cloud project's id, not its number.",
      example: "acme-shop",
      isRequired: true,
      pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    },
    location: {
      description: "The cluster's region, or its zone when it has one only.",
      example: "europe-west3",
      isRequired: true,
      pattern: /^[a-z]{2,20}-[a-z]{2,20}\d{1,2}(?:-[a-z])?$/,
    },
    cluster: {
      description: "The cluster's name.",
      example: "main",
      isRequired: true,
      pattern: /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    },
    ...serviceAccountParameters,
  },
  assertions: serviceAccountAssertions,
  pipeline: podManifest(),
  notes: [
    "The issuer has the cluster's name: one that is deleted and made anew has the same issuer, and only the uid tells its service accounts from the old ones.",
    "What the metadata server of a pod gives out is a token of `https://accounts.google.com`: that is the template `google`.",
    ...serviceAccountNotes,
  ],
  sources: ["sigstore/fulcio: config/identity/config.yaml"],
  sample: { iss: `${CLUSTERS}/main`, ...serviceAccountClaims },
};
