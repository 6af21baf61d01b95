import { kubernetesInCluster } from "./kubernetes_in_cluster.ts";
import {
  ownAudienceVariant,
  serviceAccountNeighbours,
  serviceAccountVariants,
} from "./kubernetes_parts_samples.ts";
import type { Samples } from "./template.ts";

export const kubernetesInClusterSamples: Samples = {
  template: kubernetesInCluster,
  variants: [...serviceAccountVariants, ownAudienceVariant],
  neighbours: [
    ...serviceAccountNeighbours,
    {
      name: "a short spelling of the issuer",
      claims: { iss: "https://kubernetes.default.svc" },
      refusedBy: "iss",
    },
    {
      name: "a slash at the issuer's end",
      claims: { iss: "https://kubernetes.default.svc.cluster.local/" },
      refusedBy: "iss",
    },
    {
      name: "the issuer of old tokens from secrets",
      claims: { iss: "kubernetes/serviceaccount" },
      refusedBy: "iss",
    },
  ],
};
