import { DNS_LABEL, NUMERIC_ID, tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const DIGEST = "sha256:2c1cdaded1b3820020c9dc9fdd1d6e798d6f6ca36861bb6ae64019fad6be9ee3";

/** Machines on Fly.io. */
export const fly: TrustTemplate = {
  name: "fly",
  title: "Fly.io",
  description: "Fly.io signs for the Machines of one organization.",
  issuer: "https://oidc.fly.io/<organization>",
  issuerGlobs: ["https://oidc.fly.io/*"],
  isShared: false,
  parameters: {
    organization: {
      description: "The organization's slug: `fly orgs list`.",
      example: "acme",
      isRequired: true,
      pattern: DNS_LABEL,
    },
    organizationId: {
      description: "The organization's id, `org_id` of a token of it.",
      example: "482113",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    appId: {
      description: "The app's id, `app_id` of a token of it.",
      example: "9120045",
      isRequired: true,
      pattern: NUMERIC_ID,
    },
    imageDigest: {
      description: "The one image that may, by its digest.",
      example: DIGEST,
      pattern: /^sha256:[0-9a-f]{64}$/,
    },
  },
  assertions: [
    { item: "org_id", operator: "equals", value: "<organizationId>" },
    { item: "app_id", operator: "equals", value: "<appId>" },
    { item: "image_digest", operator: "equals", value: "<imageDigest>" },
  ],
  tenantItems: ["app_id", "org_id", "app_name", "org_name", "sub"],
  names: [
    { item: "app_name", ids: ["app_id", "org_id"] },
    { item: "org_name", ids: ["org_id"] },
    { item: "sub", ids: ["app_id", "org_id"] },
    { item: "image", ids: ["image_digest"] },
  ],
  personItems: [],
  chosenItems: ["machine_name", "machine_id", "machine_version", "image", "region"],
  singleUse: true,
  sharedAudience: "https://fly.io/<organization>",
  pipeline: {
    file: "in the Machine",
    language: "sh",
    text: `TOKEN=$(curl -sS --fail-with-body --unix-socket /.fly/api http://localhost/v1/tokens/oidc \\
  -H "Content-Type: application/json" -d '{"aud":"<issuerUrl>"}')
${tokenExchange("")}`,
  },
  notes: [
    "Without `aud` in the request the token is for the organization, and any service that trusts it would take it.",
    "`sub` ends in the Machine's name, which whoever starts it chooses.",
    "A slug and an app's name can come to belong to somebody else, the ids cannot.",
    "Whoever may deploy to the app can start a Machine with any image: pin `imageDigest` where that is too many.",
    "Every Machine of the app may have a token: put what is trusted into an app of its own.",
  ],
  sources: ["superfly/docs: security/openid-connect.html.markerb"],
  sample: {
    iss: "https://oidc.fly.io/acme",
    sub: "acme:shop:quiet-river-7",
    org_id: "482113",
    org_name: "acme",
    app_id: "9120045",
    app_name: "shop",
    machine_id: "148e21ea7e46e8",
    machine_name: "quiet-river-7",
    machine_version: "01HTGGC1TZ2JHK83J4AC0R3VET",
    image: "registry.fly.io/shop:deployment-01",
    image_digest: DIGEST,
    region: "fra",
  },
};
