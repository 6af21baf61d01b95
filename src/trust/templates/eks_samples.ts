import { eks, ISSUER } from "./eks.ts";
import {
  ownAudienceVariant,
  serviceAccountNeighbours,
  serviceAccountVariants,
} from "./kubernetes_parts_samples.ts";
import type { Samples } from "./template.ts";

export const eksSamples: Samples = {
  template: eks,
  variants: [...serviceAccountVariants, ownAudienceVariant],
  neighbours: [
    ...serviceAccountNeighbours,
    {
      name: "the token for IAM roles",
      claims: { aud: ["sts.amazonaws.com"] },
      refusedBy: "aud",
    },
    {
      name: "another cluster",
      claims: { iss: "https://oidc.eks.eu-central-1.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
      refusedBy: "iss",
    },
    {
      name: "the same id in another region",
      claims: { iss: ISSUER.replace("eu-central-1", "eu-west-1") },
      refusedBy: "iss",
    },
    { name: "the id in small letters", claims: { iss: ISSUER.toLowerCase() }, refusedBy: "iss" },
    { name: "a slash at the issuer's end", claims: { iss: `${ISSUER}/` }, refusedBy: "iss" },
  ],
};
