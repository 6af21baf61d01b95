import { tokenExchange, UUID } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const TENANT = "7d1c9f5e-2b3a-4c4d-8e6f-9a0b1c2d3e4f";

/** Managed identities and other apps, towards an app registration that asks for tokens of version 2. */
export const azure: TrustTemplate = {
  name: "azure",
  title: "Azure managed identity, v2",
  description: "Microsoft Entra signs for the apps, and the people, of one tenant.",
  issuer: "https://login.microsoftonline.com/<tenantId>/v2.0",
  issuerGlobs: ["https://login.microsoftonline.com/*/v2.0"],
  isShared: false,
  parameters: {
    tenantId: {
      description: "The Microsoft Entra tenant: `az account show --query tenantId`.",
      example: TENANT,
      isRequired: true,
      pattern: UUID,
    },
    objectId: {
      description: "The identity's object id: `az identity show -g GROUP -n NAME --query principalId`.",
      example: "a4f5c6d7-8e9f-4a0b-9c1d-2e3f4a5b6c7d",
      isRequired: true,
      pattern: UUID,
    },
    audience: {
      description: "The client id of the app registration that you made for this service.",
      example: "5b6c7d8e-9f0a-4b1c-8d2e-3f4a5b6c7d8e",
      isRequired: true,
      pattern: UUID,
    },
    clientId: {
      description: "The identity's client id, to be asked besides the object id.",
      example: "e1d2c3b4-a596-4877-8695-a4b3c2d1e0f9",
      pattern: UUID,
    },
  },
  assertions: [
    { item: "tid", operator: "equals", value: "<tenantId>" },
    { item: "oid", operator: "equals", value: "<objectId>" },
    { item: "azp", operator: "equals", value: "<clientId>" },
    { item: "scp", operator: "exists", value: false },
    { item: "aud", operator: "equals", value: "<audience>" },
  ],
  tenantItems: ["tid", "oid"],
  names: [{ item: "xms_mirid", ids: ["oid", "tid"] }],
  personItems: ["preferred_username", "upn", "unique_name", "email", "name"],
  chosenItems: [],
  pipeline: {
    file: "on the VM that has the identity",
    language: "sh",
    text: `# Once: an app registration for this service, with requestedAccessTokenVersion 2 in its manifest.
IMDS=http://169.254.169.254/metadata/identity/oauth2/token
TOKEN=$(curl -sS --fail-with-body -G -H Metadata:true "$IMDS" \\
  -d api-version=2018-02-01 -d resource=api://<audience> | jq -r .access_token)
${tokenExchange("")}`,
  },
  notes: [
    "The app registration decides the version: tokens for one that does not ask for version 2 have the issuer and claims of `azure-v1`.",
    "Entra signs for all tenants with the same keys: only the issuer and `tid` tell them apart.",
    "People get tokens from the same issuer: those carry `scp`, and are refused.",
    "For one more pin switch the optional claim `idtyp` on in the app registration, and assert that it is `app`.",
    "A token lives for hours, and Azure hands the same one out again until then.",
    "Never take `api://AzureADTokenExchange` or Microsoft Graph as the audience: such tokens are meant for others.",
  ],
  sources: [
    "MicrosoftDocs/entra-docs: docs/identity-platform/access-token-claims-reference.md",
    "MicrosoftDocs/entra-docs: docs/identity-platform/optional-claims-reference.md",
  ],
  sample: {
    iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    aud: "5b6c7d8e-9f0a-4b1c-8d2e-3f4a5b6c7d8e",
    azp: "e1d2c3b4-a596-4877-8695-a4b3c2d1e0f9",
    azpacr: "2",
    oid: "a4f5c6d7-8e9f-4a0b-9c1d-2e3f4a5b6c7d",
    sub: "a4f5c6d7-8e9f-4a0b-9c1d-2e3f4a5b6c7d",
    tid: TENANT,
    uti: "4GOPt79GP0if650O0N7iAA",
    ver: "2.0",
    xms_mirid:
      "/subscriptions/0f1e2d3c-4b5a-4678-9a8b-7c6d5e4f3a2b/resourcegroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer",
  },
};
