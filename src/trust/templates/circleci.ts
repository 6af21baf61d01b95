import { tokenExchange, UUID } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

/** CircleCI. Its issuer for all of its customers is of this kind too: hence shared, although the one here is an organization's. */
export const circleci: TrustTemplate = {
  name: "circleci",
  title: "CircleCI",
  description: "CircleCI signs for the jobs of one organization, or with its root issuer for those of all.",
  issuer: "https://oidc.circleci.com/org/<organizationId>",
  issuerGlobs: ["https://oidc.circleci.com", "https://oidc.circleci.com/org/*"],
  mark: "oidc.circleci.com/org-id",
  isShared: true,
  parameters: {
    organizationId: {
      description: "The organization's id, from its settings.",
      example: "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
      isRequired: true,
      pattern: UUID,
    },
    projectId: {
      description: "The project's id, from its settings.",
      example: "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
      isRequired: true,
      pattern: UUID,
    },
    vcsOrigin: {
      description: "The repository whose change is built: host, owner and name, without a scheme.",
      example: "github.com/acme/shop",
      isRequired: true,
      pattern: /^[a-z0-9.-]{1,253}\/[\x21-\x7e]{1,200}$/,
    },
    vcsRef: {
      description: "A full ref. Any branch and tag without it.",
      example: "refs/heads/main",
      pattern: /^refs\/(?:heads|tags)\/[\x21-\x7e]{1,240}$/,
    },
    contextId: {
      description: "A context that the job has to use; who may use it, the context says.",
      example: "77aa0b1c-2d3e-4f50-8a6b-7c8d9e0f1a2b",
      pattern: UUID,
    },
  },
  assertions: [
    { item: "oidc.circleci.com/org-id", operator: "equals", value: "<organizationId>" },
    { item: "oidc.circleci.com/project-id", operator: "equals", value: "<projectId>" },
    { item: "oidc.circleci.com/vcs-origin", operator: "equals", value: "<vcsOrigin>" },
    { item: "oidc.circleci.com/vcs-ref", operator: "equals", value: "<vcsRef>" },
    { item: "oidc.circleci.com/context-ids", operator: "equals", value: "<contextId>" },
    { item: "oidc.circleci.com/ssh-rerun", operator: "equals", value: false },
  ],
  tenantItems: ["oidc.circleci.com/project-id", "oidc.circleci.com/org-id", "sub"],
  names: [
    {
      item: "oidc.circleci.com/vcs-origin",
      ids: ["oidc.circleci.com/project-id", "oidc.circleci.com/org-id"],
    },
  ],
  personItems: [],
  chosenItems: ["oidc.circleci.com/pipeline-id", "oidc.circleci.com/workflow-id", "oidc.circleci.com/job-id"],
  sharedAudience: "<organizationId>",
  pipeline: {
    file: ".circleci/config.yml",
    language: "yaml",
    text: `jobs:
  deploy:
    docker:
      - image: cimg/base:current
    steps:
      - run: |
          TOKEN=$(circleci run oidc get --claims '{"aud":"<issuerUrl>"}')
${tokenExchange("          ")}`,
  },
  notes: [
    "`CIRCLE_OIDC_TOKEN` is made for the organization's id, which every service of the organization accepts: ask for a token of its own audience, as the lines above do.",
    "`sub` names the user who started the job, so a trust that equals it lets one colleague in: match the other claims.",
    "Where secrets are passed to builds of forks, a fork's job has your project's id: `vcs-origin` tells them apart, and is asked for.",
    "A pipeline that a custom webhook started has neither `vcs-origin` nor `vcs-ref`: it is refused.",
    "Whoever reruns a job with SSH has a shell in it: such jobs are refused.",
    "With `--root-issuer` the issuer is `https://oidc.circleci.com` for every customer: a trust of that issuer has to ask for `org-id`.",
    "What `circleci run oidc get` prints is not masked: keep it in a variable.",
    "Claims have dots and slashes in their names, and are no paths: write them as they are.",
  ],
  sources: [
    "circleci/circleci-docs: docs/guides/modules/permissions-authentication/pages/openid-connect-tokens.adoc",
    "circleci/circleci-docs: docs/guides/modules/permissions-authentication/pages/oidc-tokens-with-custom-claims.adoc",
  ],
  sample: {
    iss: "https://oidc.circleci.com/org/6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    sub: "org/6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d/project/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d/user/9c0d1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/main",
    "oidc.circleci.com/org-id": "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    "oidc.circleci.com/project-id": "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
    "oidc.circleci.com/pipeline-id": "2b3c4d5e-6f7a-4b8c-9d0e-1f2a3b4c5d6e",
    "oidc.circleci.com/workflow-id": "3c4d5e6f-7a8b-4c9d-8e1f-2a3b4c5d6e7f",
    "oidc.circleci.com/job-id": "4d5e6f7a-8b9c-4d0e-9f2a-3b4c5d6e7f8a",
    "oidc.circleci.com/vcs-origin": "github.com/acme/shop",
    "oidc.circleci.com/vcs-ref": "refs/heads/main",
    "oidc.circleci.com/context-ids": ["77aa0b1c-2d3e-4f50-8a6b-7c8d9e0f1a2b"],
    "oidc.circleci.com/ssh-rerun": false,
  },
};
