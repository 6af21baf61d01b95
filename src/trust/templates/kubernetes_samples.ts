import { kubernetes } from "./kubernetes.ts";
import {
  ownAudienceVariant,
  serviceAccountNeighbours,
  serviceAccountVariants,
} from "./kubernetes_parts_samples.ts";
import type { Samples } from "./template.ts";

export const kubernetesSamples: Samples = {
  template: kubernetes,
  variants: [...serviceAccountVariants, ownAudienceVariant],
  neighbours: [
    ...serviceAccountNeighbours,
    {
      name: "another cluster",
      claims: { iss: "https://oidc.cluster-2.example.com/k8s" },
      refusedBy: "iss",
    },
    {
      name: "a cluster whose issuer begins alike",
      claims: { iss: "https://oidc.cluster-1.example.com/k8s-dev" },
      refusedBy: "iss",
    },
    {
      name: "a slash at the issuer's end",
      claims: { iss: "https://oidc.cluster-1.example.com/k8s/" },
      refusedBy: "iss",
    },
    {
      name: "the issuer that every cluster has",
      claims: { iss: "https://kubernetes.default.svc.cluster.local" },
      refusedBy: "iss",
    },
  ],
};
