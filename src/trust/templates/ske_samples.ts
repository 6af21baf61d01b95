import { serviceAccountNeighbours, serviceAccountVariants } from "./kubernetes_parts_samples.ts";
import { ske } from "./ske.ts";
import type { Samples } from "./template.ts";

export const skeSamples: Samples = {
  template: ske,
  variants: [
    ...serviceAccountVariants,
    { name: "its audience as a text", claims: { aud: "sts.accounts.stackit.cloud" } },
  ],
  neighbours: [
    ...serviceAccountNeighbours,
    {
      name: "an audience that ends alike",
      claims: { aud: ["evil.sts.accounts.stackit.cloud"] },
      refusedBy: "aud",
    },
    {
      name: "an audience as a URL",
      claims: { aud: ["https://sts.accounts.stackit.cloud"] },
      refusedBy: "aud",
    },
    { name: "no audience", claims: { aud: null }, refusedBy: "aud" },
    {
      name: "another cluster",
      claims: { iss: "https://ske.example.com/clusters/acme/staging" },
      refusedBy: "iss",
    },
    {
      name: "a slash at the issuer's end",
      claims: { iss: "https://ske.example.com/clusters/acme/main/" },
      refusedBy: "iss",
    },
  ],
};
