import {
  podManifest,
  serviceAccountAssertions,
  serviceAccountClaims,
  serviceAccountFacts,
  serviceAccountNotes,
  serviceAccountParameters,
} from "./kubernetes_parts.ts";
import { UUID } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const TENANT = "7d1c9f5e-2b3a-4c4d-8e6f-9a0b1c2d3e4f";
export const CLUSTER = "c0ffee00-1a2b-4c3d-9e4f-5a6b7c8d9e0f";
export const ISSUER = `https://westeurope.oic.prod-aks.azure.com/${TENANT}/${CLUSTER}/`;

/** Microsoft's clusters. What runs as a managed identity takes `azure` or `azure-v1`. */
export const aks: TrustTemplate = {
  name: "aks",
  title: "Azure Kubernetes Service",
  description:
    "Microsoft signs for the service accounts of one AKS cluster whose OIDC issuer is switched on.",
  issuer: "https://<region>.oic.prod-aks.azure.com/<tenantId>/<clusterId>/",
  issuerGlobs: ["https://*.oic.prod-aks.azure.com/*/*/", "https://oidc.prod-aks.azure.com/*/"],
  ...serviceAccountFacts,
  parameters: {
    region: {
      description:
        "What begins its issuer: `az aks show -g GROUP -n NAME --query oidcIssuerProfile.issuerUrl`.",
      example: "westeurope",
      isRequired: true,
      pattern: /^[a-z][a-z0-9]{2,40}$/,
    },
    tenantId: {
      description: "The first id in its issuer: the Microsoft Entra tenant.",
      example: TENANT,
      isRequired: true,
      pattern: UUID,
    },
    clusterId: {
      description: "The second id in its issuer.",
      example: CLUSTER,
      isRequired: true,
      pattern: UUID,
    },
    ...serviceAccountParameters,
  },
  assertions: serviceAccountAssertions,
  pipeline: podManifest(),
  notes: [
    "The issuer ends in a slash, and the slash is part of it.",
    "Older clusters have an issuer at `oidc.prod-aks.azure.com`, with or without a slash at its end: take the template `kubernetes` and copy it letter by letter.",
    "The token that Azure's workload identity mounts is for `api://AzureADTokenExchange`: project another one, for this service.",
    ...serviceAccountNotes,
  ],
  sources: [
    "sigstore/fulcio: config/identity/config.yaml",
    "Azure/azure-workload-identity: docs/book/src/installation/managed-clusters.md",
  ],
  sample: { iss: ISSUER, ...serviceAccountClaims },
};
