import { CLUSTERS, gke } from "./gke.ts";
import {
  ownAudienceVariant,
  serviceAccountNeighbours,
  serviceAccountVariants,
} from "./kubernetes_parts_samples.ts";
import type { Samples } from "./template.ts";

export const gkeSamples: Samples = {
  template: gke,
  variants: [...serviceAccountVariants, ownAudienceVariant],
  neighbours: [
    ...serviceAccountNeighbours,
    {
      name: "a cluster of the same name in another project",
      claims: { iss: `${CLUSTERS}/main`.replace("acme-shop", "acme-shop-dev") },
      refusedBy: "iss",
    },
    {
      name: "a cluster of the same name elsewhere",
      claims: { iss: `${CLUSTERS}/main`.replace("europe-west3", "europe-west3-a") },
      refusedBy: "iss",
    },
    {
      name: "a cluster whose name begins alike",
      claims: { iss: `${CLUSTERS}/main-dev` },
      refusedBy: "iss",
    },
    { name: "a slash at the issuer's end", claims: { iss: `${CLUSTERS}/main/` }, refusedBy: "iss" },
    {
      name: "a Google service account",
      claims: { iss: "https://accounts.google.com", sub: "104479897743394244856" },
      refusedBy: "iss",
    },
  ],
};
