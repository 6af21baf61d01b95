import { azure } from "./azure.ts";
import { tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const TENANT = "7d1c9f5e-2b3a-4c4d-8e6f-9a0b1c2d3e4f";
export const AUDIENCE = "api://5b6c7d8e-9f0a-4b1c-8d2e-3f4a5b6c7d8e";

/** The same as `azure`, towards an app registration that asks for no version: managed identities get version 1 then. */
export const azureV1: TrustTemplate = {
  ...azure,
  name: "azure-v1",
  title: "Azure managed identity, v1",
  issuer: "https://sts.windows.net/<tenantId>/",
  issuerGlobs: ["https://sts.windows.net/*/"],
  parameters: {
    ...azure.parameters,
    audience: {
      description:
        "The application id URI of the app registration that you made for this service, as it is asked for.",
      example: AUDIENCE,
      isRequired: true,
      pattern: /^[\x21-\x7e]{8,240}$/,
    },
  },
  assertions: [
    { item: "tid", operator: "equals", value: "<tenantId>" },
    { item: "oid", operator: "equals", value: "<objectId>" },
    { item: "appid", operator: "equals", value: "<clientId>" },
    { item: "scp", operator: "exists", value: false },
    { item: "aud", operator: "equals", value: "<audience>" },
  ],
  pipeline: {
    file: "on the VM that has the identity",
    language: "sh",
    text: `# Once: an app registration for this service, with the application id URI <audience>.
IMDS=http://169.254.169.254/metadata/identity/oauth2/token
TOKEN=$(curl -sS --fail-with-body -G -H Metadata:true "$IMDS" \\
  -d api-version=2018-02-01 -d resource=<audience> | jq -r .access_token)
${tokenExchange("")}`,
  },
  notes: [
    "The issuer ends in a slash, and the slash is part of it.",
    "`aud` is spelled as the token was asked for, with or without a slash at its end, as a URI or as the client id: ask for it as the trust has it.",
    "Rather set requestedAccessTokenVersion to 2 in the app registration, and take `azure`: there `aud` is always the client id.",
    ...azure.notes.slice(1),
  ],
  sample: {
    iss: `https://sts.windows.net/${TENANT}/`,
    aud: AUDIENCE,
    appid: "e1d2c3b4-a596-4877-8695-a4b3c2d1e0f9",
    appidacr: "2",
    idp: `https://sts.windows.net/${TENANT}/`,
    oid: "a4f5c6d7-8e9f-4a0b-9c1d-2e3f4a5b6c7d",
    sub: "a4f5c6d7-8e9f-4a0b-9c1d-2e3f4a5b6c7d",
    tid: TENANT,
    uti: "4GOPt79GP0if650O0N7iAA",
    ver: "1.0",
    xms_mirid:
      "/subscriptions/0f1e2d3c-4b5a-4678-9a8b-7c6d5e4f3a2b/resourcegroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer",
  },
};
