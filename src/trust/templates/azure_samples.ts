import { azure, TENANT } from "./azure.ts";
import type { Neighbour, Samples, Variant } from "./template.ts";

const OTHER_ID = "11111111-2222-4333-8444-555555555555";

/** Whatever the version. */
export const entraVariants: readonly Variant[] = [
  { name: "with the optional claim idtyp", claims: { idtyp: "app" } },
  { name: "with an app role", claims: { roles: ["Deploy"] } },
  { name: "without the resource's name", claims: { xms_mirid: null } },
];

/** Whatever the version. */
export const entraNeighbours: readonly Neighbour[] = [
  { name: "a guest from another tenant", claims: { tid: OTHER_ID }, refusedBy: "tid" },
  { name: "no tenant", claims: { tid: null }, refusedBy: "tid" },
  { name: "another identity of the tenant", claims: { oid: OTHER_ID, sub: OTHER_ID }, refusedBy: "oid" },
  {
    name: "an identity of the same name, created anew",
    claims: { oid: "22222222-3333-4444-8555-666666666666", sub: "22222222-3333-4444-8555-666666666666" },
    refusedBy: "oid",
  },
  { name: "the id in capitals", claims: { oid: "A4F5C6D7-8E9F-4A0B-9C1D-2E3F4A5B6C7D" }, refusedBy: "oid" },
  { name: "the id in sub only", claims: { oid: null }, refusedBy: "oid" },
  { name: "an id that is a number", claims: { oid: 4 }, refusedBy: "oid" },
  {
    name: "a person",
    claims: { oid: OTHER_ID, scp: "user_impersonation", upn: "lena@acme.example", xms_mirid: null },
    refusedBy: "oid",
  },
  { name: "an app on behalf of a person", claims: { scp: "user_impersonation" }, refusedBy: "scp" },
  { name: "an empty scope", claims: { scp: "" }, refusedBy: "scp" },
  { name: "a token for Azure itself", claims: { aud: "https://management.azure.com/" }, refusedBy: "aud" },
  {
    name: "a token for federation into Entra",
    claims: { aud: "api://AzureADTokenExchange" },
    refusedBy: "aud",
  },
  { name: "no audience", claims: { aud: null }, refusedBy: "aud" },
];

export const azureSamples: Samples = {
  template: azure,
  variants: entraVariants,
  neighbours: [
    ...entraNeighbours,
    { name: "another app", claims: { azp: OTHER_ID }, refusedBy: "azp" },
    { name: "version 1", claims: { iss: `https://sts.windows.net/${TENANT}/` }, refusedBy: "iss" },
    {
      name: "another tenant's issuer",
      claims: { iss: `https://login.microsoftonline.com/${OTHER_ID}/v2.0` },
      refusedBy: "iss",
    },
    {
      name: "the issuer of all tenants",
      claims: { iss: "https://login.microsoftonline.com/common/v2.0" },
      refusedBy: "iss",
    },
    {
      name: "a slash at the issuer's end",
      claims: { iss: `https://login.microsoftonline.com/${TENANT}/v2.0/` },
      refusedBy: "iss",
    },
  ],
};
