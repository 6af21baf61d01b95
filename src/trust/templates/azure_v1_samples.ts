import { entraNeighbours, entraVariants } from "./azure_samples.ts";
import { AUDIENCE, azureV1, TENANT } from "./azure_v1.ts";
import type { Samples } from "./template.ts";

const OTHER_ID = "11111111-2222-4333-8444-555555555555";

export const azureV1Samples: Samples = {
  template: azureV1,
  variants: entraVariants,
  neighbours: [
    ...entraNeighbours,
    { name: "another app", claims: { appid: OTHER_ID }, refusedBy: "appid" },
    { name: "a slash at the audience's end", claims: { aud: `${AUDIENCE}/` }, refusedBy: "aud" },
    {
      name: "version 2",
      claims: { iss: `https://login.microsoftonline.com/${TENANT}/v2.0` },
      refusedBy: "iss",
    },
    {
      name: "no slash at the issuer's end",
      claims: { iss: `https://sts.windows.net/${TENANT}` },
      refusedBy: "iss",
    },
    {
      name: "another tenant's issuer",
      claims: { iss: `https://sts.windows.net/${OTHER_ID}/` },
      refusedBy: "iss",
    },
  ],
};
