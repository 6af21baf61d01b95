import { tokenExchange } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** What Entra calls the application of `api://AzureADTokenExchange`, in every tenant. */
const TOKEN_EXCHANGE_APPLICATION = "fb60f99c-7a34-4190-8149-302f77469936";

/** Azure Pipelines, by a service connection: its approvals and its permissions say which pipelines use it. */
export const azureDevopsServiceConnection: TrustTemplate = {
  name: "azure-devops-service-connection",
  title: "Azure DevOps service connection",
  description:
    "Entra signs for the service connections of one tenant, and Azure DevOps itself for the older and the generic ones of one organization.",
  issuer: "<issuer>",
  mark: "xms_ficinfo",
  isShared: false,
  parameters: {
    issuer: {
      description: "The issuer that the service connection shows.",
      example: "https://login.microsoftonline.com/ff882432-1111-437b-bd22-ca13c0037d22/v2.0",
      isRequired: true,
      pattern:
        /^https:\/\/(?:login\.microsoftonline\.com\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/v2\.0|vstoken\.dev\.azure\.com\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
    },
    subject: {
      description:
        "The subject identifier that the service connection shows: `/eid1/...`, or `sc://...` with the older issuer.",
      example:
        "/eid1/c/pub/t/MiSI_xERe0O9IsoTwAN9Ig/a/rISbSSETf0KqFyZ8ppdXmA/sc/0ca3ddd9-1111-4635-a98c-586652696122/64171687-2222-4fce-b2c8-823278dcf133",
      isRequired: true,
      pattern:
        /^(?:\/eid1\/c\/[a-z]{1,16}\/t\/[\w-]{22}\/a\/[\w-]{22}\/sc\/[0-9a-f-]{36}\/[0-9a-f-]{36}|sc:\/\/[^\p{C}/]{1,100}\/[^\p{C}/]{1,100}\/[^\p{C}/\s][^\p{C}/]{0,200})$/u,
    },
  },
  assertions: [
    { item: "aud", operator: "in", value: [TOKEN_EXCHANGE_APPLICATION, "api://AzureADTokenExchange"] },
    { item: "sub", operator: "equals", value: "<subject>" },
  ],
  tenantItems: ["sub", "tid"],
  names: [],
  personItems: [],
  chosenItems: ["uti"],
  maxTokenAge: 3600,
  sharedAudience: "api://AzureADTokenExchange",
  pipeline: {
    file: "azure-pipelines.yml",
    language: "yaml",
    text: `steps:
  - task: AzureCLI@2
    inputs:
      azureSubscription: SERVICE-CONNECTION
      addSpnToEnvironment: true
      scriptType: bash
      scriptLocation: inlineScript
      inlineScript: |
        TOKEN=$idToken
${tokenExchange("        ")}`,
  },
  notes: [
    "The audience cannot be chosen, and Entra and others accept it too: whoever receives the token may use it there, and a token that was made for them may be used here.",
    "The connection shows the audience as `api://AzureADTokenExchange`, while a token of Entra has the id of that application: both are let in.",
    "A token of Entra lives for a day; it is taken for an hour.",
    "The token says which connection, not which pipeline nor which branch: restrict the connection to pipelines, and give it approvals and a branch check.",
    "`/eid1/...` is opaque: copy it from the connection, do not put it together.",
    "`sc://...` has the names of organization, project and connection: whoever renames one, and creates another under its name, has the subject.",
    "Azure DevOps retires its own issuer for most connections on 1 July 2027: convert the connection, and change issuer and subject here.",
  ],
  sources: [
    "learn.microsoft.com/en-us/azure/devops/pipelines/release/convert-service-connections",
    "MicrosoftDocs/azure-devops-docs: docs/pipelines/release/configure-workload-identity.md",
    "gravitational/teleport: rfd/0211 (tokens of three kinds)",
  ],
  sample: {
    iss: "https://login.microsoftonline.com/ff882432-1111-437b-bd22-ca13c0037d22/v2.0",
    aud: "fb60f99c-7a34-4190-8149-302f77469936",
    sub: "/eid1/c/pub/t/MiSI_xERe0O9IsoTwAN9Ig/a/rISbSSETf0KqFyZ8ppdXmA/sc/0ca3ddd9-1111-4635-a98c-586652696122/64171687-2222-4fce-b2c8-823278dcf133",
    azp: "499b84ac-1321-427f-aa17-267ca6975798",
    azpacr: "2",
    idtyp: "app",
    oid: "9246576b-3333-441d-a0ca-796721fd9744",
    tid: "ff882432-1111-437b-bd22-ca13c0037d22",
    ver: "2.0",
    xms_ficinfo: "CAAQARgAIAA",
  },
};

export const azureDevopsServiceConnectionSamples: Samples = {
  template: azureDevopsServiceConnection,
  variants: [
    { name: "the audience by its URI", claims: { aud: "api://AzureADTokenExchange" } },
    { name: "without what Entra adds", claims: { azpacr: null, idtyp: null, ver: null, xms_ficinfo: null } },
  ],
  neighbours: [
    {
      name: "another tenant",
      claims: { iss: "https://login.microsoftonline.com/00882432-1111-437b-bd22-ca13c0037d22/v2.0" },
      refusedBy: "iss",
    },
    {
      name: "the tenant's older issuer",
      claims: { iss: "https://sts.windows.net/ff882432-1111-437b-bd22-ca13c0037d22/" },
      refusedBy: "iss",
    },
    {
      name: "the organization's own issuer",
      claims: {
        iss: "https://vstoken.dev.azure.com/0ca3ddd9-1111-4635-a98c-586652696122",
        sub: "sc://acme/Shop/prod",
      },
      refusedBy: "iss",
    },
    {
      name: "another connection of the organization",
      claims: {
        sub: "/eid1/c/pub/t/MiSI_xERe0O9IsoTwAN9Ig/a/rISbSSETf0KqFyZ8ppdXmA/sc/0ca3ddd9-1111-4635-a98c-586652696122/00171687-2222-4fce-b2c8-823278dcf133",
      },
      refusedBy: "sub",
    },
    {
      name: "another organization of the tenant",
      claims: {
        sub: "/eid1/c/pub/t/MiSI_xERe0O9IsoTwAN9Ig/a/rISbSSETf0KqFyZ8ppdXmA/sc/00a3ddd9-1111-4635-a98c-586652696122/64171687-2222-4fce-b2c8-823278dcf133",
      },
      refusedBy: "sub",
    },
    {
      name: "another application that asks with such subjects",
      claims: {
        sub: "/eid1/c/pub/t/MiSI_xERe0O9IsoTwAN9Ig/a/AAAbSSETf0KqFyZ8ppdXmA/sc/0ca3ddd9-1111-4635-a98c-586652696122/64171687-2222-4fce-b2c8-823278dcf133",
      },
      refusedBy: "sub",
    },
    {
      name: "the subject in another case",
      claims: {
        sub: "/eid1/c/pub/t/misi_xere0o9isotwan9ig/a/rISbSSETf0KqFyZ8ppdXmA/sc/0ca3ddd9-1111-4635-a98c-586652696122/64171687-2222-4fce-b2c8-823278dcf133",
      },
      refusedBy: "sub",
    },
    {
      name: "the subject and more",
      claims: {
        sub: "/eid1/c/pub/t/MiSI_xERe0O9IsoTwAN9Ig/a/rISbSSETf0KqFyZ8ppdXmA/sc/0ca3ddd9-1111-4635-a98c-586652696122/64171687-2222-4fce-b2c8-823278dcf133/x",
      },
      refusedBy: "sub",
    },
    { name: "a connection by its names", claims: { sub: "sc://acme/Shop/prod" }, refusedBy: "sub" },
    { name: "a pipeline without the connection", claims: { sub: "p://acme/Shop/deploy" }, refusedBy: "sub" },
    {
      name: "a managed identity of the tenant for the same audience",
      claims: { sub: "9246576b-3333-441d-a0ca-796721fd9744" },
      refusedBy: "sub",
    },
    { name: "no subject", claims: { sub: null }, refusedBy: "sub" },
    { name: "a subject that is a number", claims: { sub: 64171687 }, refusedBy: "sub" },
    { name: "another audience", claims: { aud: "api://shop" }, refusedBy: "aud" },
    {
      name: "Azure DevOps itself as the audience",
      claims: { aud: "499b84ac-1321-427f-aa17-267ca6975798" },
      refusedBy: "aud",
    },
  ],
};
