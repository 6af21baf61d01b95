import { aks, CLUSTER, ISSUER, TENANT } from "./aks.ts";
import {
  ownAudienceVariant,
  serviceAccountNeighbours,
  serviceAccountVariants,
} from "./kubernetes_parts_samples.ts";
import type { Samples } from "./template.ts";

export const aksSamples: Samples = {
  template: aks,
  variants: [...serviceAccountVariants, ownAudienceVariant],
  neighbours: [
    ...serviceAccountNeighbours,
    {
      name: "the token for Microsoft Entra",
      claims: { aud: ["api://AzureADTokenExchange"] },
      refusedBy: "aud",
    },
    { name: "no slash at the issuer's end", claims: { iss: ISSUER.slice(0, -1) }, refusedBy: "iss" },
    {
      name: "another cluster of the tenant",
      claims: { iss: ISSUER.replace(CLUSTER, "deadbeef-1a2b-4c3d-9e4f-5a6b7c8d9e0f") },
      refusedBy: "iss",
    },
    {
      name: "another tenant",
      claims: { iss: ISSUER.replace(TENANT, "11111111-2222-4333-8444-555555555555") },
      refusedBy: "iss",
    },
    {
      name: "another region",
      claims: { iss: ISSUER.replace("westeurope", "northeurope") },
      refusedBy: "iss",
    },
    {
      name: "the older host",
      claims: { iss: `https://oidc.prod-aks.azure.com/${CLUSTER}/` },
      refusedBy: "iss",
    },
  ],
};
