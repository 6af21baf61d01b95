import { DNS_LABEL } from "./parts.ts";
import type { Samples, TrustTemplate } from "./template.ts";

/** Vercel in its team mode, where a team has an issuer of its own. */
export const vercel: TrustTemplate = {
  name: "vercel",
  title: "Vercel",
  description: "Vercel signs for the builds and functions of one team.",
  issuer: "https://oidc.vercel.com/<team>",
  issuerGlobs: ["https://oidc.vercel.com", "https://oidc.vercel.com/*"],
  isShared: false,
  parameters: {
    team: {
      description: "The team's slug, as in `vercel.com/TEAM`; set the issuer mode to Team.",
      example: "acme",
      isRequired: true,
      pattern: DNS_LABEL,
    },
    ownerId: {
      description: "The team's id, from its settings.",
      example: "team_7Gw5ZMzpQA8h90F832KGp7nw",
      isRequired: true,
      pattern: /^team_[A-Za-z0-9]{8,64}$/,
    },
    projectId: {
      description: "The project's id, from its settings.",
      example: "prj_9MJ2fB4kXc1VnQyTz7LwRd5e",
      isRequired: true,
      pattern: /^prj_[A-Za-z0-9]{8,64}$/,
    },
    environment: {
      description: "The environment; anybody with a pull request or a laptop may have the others.",
      example: "production",
      fallback: "production",
      pattern: /^[a-z0-9][a-z0-9_-]{0,63}$/,
    },
  },
  assertions: [
    { item: "owner_id", operator: "equals", value: "<ownerId>" },
    { item: "project_id", operator: "equals", value: "<projectId>" },
    { item: "environment", operator: "equals", value: "<environment>" },
  ],
  tenantItems: ["project_id", "owner_id", "owner", "sub"],
  names: [
    { item: "project", ids: ["project_id"] },
    { item: "owner", ids: ["owner_id"] },
    { item: "sub", ids: ["project_id", "owner_id"] },
  ],
  personItems: [],
  chosenItems: [],
  sharedAudience: "https://vercel.com/<team>",
  pipeline: {
    file: "api/deploy.ts",
    language: "ts",
    text: `import { getVercelOidcToken } from "@vercel/oidc";

const response = await fetch("<issuerUrl>/oauth/v2/token", {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    subject_token: await getVercelOidcToken({ audience: "<issuerUrl>" }),
    client_id: "<serviceAccount>",
  }),
});
const { access_token } = await response.json();`,
  },
  notes: [
    "Preview deployments run the code of pull requests, and tokens for development lie on laptops: only production is let in unless you say otherwise.",
    "The default audience is the same for every service that Vercel's customers trust: ask for this one by name.",
    "`VERCEL_OIDC_TOKEN` and the header `x-vercel-oidc-token` carry the default audience, so they are refused.",
    "The team's and the project's slugs can be changed and taken by others, their ids cannot.",
    "In global mode all teams share the issuer `https://oidc.vercel.com`: switch the project to team mode.",
  ],
  sources: [
    "https://vercel.com/docs/oidc/reference",
    "https://docs.dodopayments.com/developer-resources/workload-identity/providers/vercel",
  ],
  sample: {
    iss: "https://oidc.vercel.com/acme",
    sub: "owner:acme:project:shop:environment:production",
    owner: "acme",
    owner_id: "team_7Gw5ZMzpQA8h90F832KGp7nw",
    project: "shop",
    project_id: "prj_9MJ2fB4kXc1VnQyTz7LwRd5e",
    environment: "production",
  },
};

export const vercelSamples: Samples = {
  template: vercel,
  parameters: { environment: undefined },
  variants: [
    {
      name: "a renamed project of the same id",
      claims: { project: "store", sub: "owner:acme:project:store:environment:production" },
    },
    { name: "without the names", claims: { owner: null, project: null } },
  ],
  neighbours: [
    {
      name: "a preview of a pull request",
      claims: { environment: "preview", sub: "owner:acme:project:shop:environment:preview" },
      refusedBy: "environment",
    },
    {
      name: "a laptop",
      claims: { environment: "development", sub: "owner:acme:project:shop:environment:development" },
      refusedBy: "environment",
    },
    { name: "another spelling", claims: { environment: "Production" }, refusedBy: "environment" },
    {
      name: "an environment that begins alike",
      claims: { environment: "production-2" },
      refusedBy: "environment",
    },
    { name: "no environment but in sub", claims: { environment: null }, refusedBy: "environment" },
    {
      name: "another project",
      claims: { project: "blog", project_id: "prj_0000000000000000000blog" },
      refusedBy: "project_id",
    },
    {
      name: "a project of the same name, created anew",
      claims: { project_id: "prj_1111111111111111111shop" },
      refusedBy: "project_id",
    },
    {
      name: "a project id that begins alike",
      claims: { project_id: "prj_9MJ2fB4kXc1VnQyTz7LwRd5e2" },
      refusedBy: "project_id",
    },
    { name: "a project id that is a number", claims: { project_id: 9 }, refusedBy: "project_id" },
    {
      name: "another team that took the slug",
      claims: { owner_id: "team_666666666666666666666666" },
      refusedBy: "owner_id",
    },
    { name: "no team", claims: { owner_id: null }, refusedBy: "owner_id" },
    { name: "another team's issuer", claims: { iss: "https://oidc.vercel.com/acme-labs" }, refusedBy: "iss" },
    { name: "the issuer of all teams", claims: { iss: "https://oidc.vercel.com" }, refusedBy: "iss" },
    {
      name: "a slash at the issuer's end",
      claims: { iss: "https://oidc.vercel.com/acme/" },
      refusedBy: "iss",
    },
    { name: "the default audience", claims: { aud: "https://vercel.com/acme" }, refusedBy: "aud" },
  ],
};
