import { DNS_LABEL, tokenExchange, UUID } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const SUB =
  "org:acme:project:936a5312-a3b8-4921-8b3f-2cec8baac574:repo:shop:ref_type:branch:ref:refs/heads/main";

/** Semaphore's hosted service. */
export const semaphore: TrustTemplate = {
  name: "semaphore",
  title: "Semaphore",
  description: "Semaphore signs for the jobs of one organization.",
  issuer: "https://<organization>.semaphoreci.com",
  issuerGlobs: ["https://*.semaphoreci.com"],
  isShared: false,
  parameters: {
    organization: {
      description: "The organization, as in `https://ORGANIZATION.semaphoreci.com`.",
      example: "acme",
      isRequired: true,
      pattern: DNS_LABEL,
    },
    organizationId: {
      description: "The organization's id, `org_id` of a token of it.",
      example: "d7dd33ad-9317-498c-9cc6-51c250749be7",
      isRequired: true,
      pattern: UUID,
    },
    projectId: {
      description: "The project's id, `prj_id` of a token of it.",
      example: "936a5312-a3b8-4921-8b3f-2cec8baac574",
      isRequired: true,
      pattern: UUID,
    },
    ref: {
      description: "The branch, as a full ref. Any branch without it.",
      example: "refs/heads/main",
      pattern: /^refs\/heads\/[\x21-\x7e]{1,240}$/,
    },
  },
  assertions: [
    { item: "org_id", operator: "equals", value: "<organizationId>" },
    { item: "prj_id", operator: "equals", value: "<projectId>" },
    { item: "ref_type", operator: "equals", value: "branch" },
    { item: "ref", operator: "equals", value: "<ref>" },
    { item: "job_type", operator: "equals", value: "pipeline_job" },
    { item: "aud", operator: "equals", value: "https://<organization>.semaphoreci.com" },
  ],
  tenantItems: ["prj_id", "org_id", "prj", "org", "sub"],
  names: [
    { item: "prj", ids: ["prj_id", "org_id"] },
    { item: "org", ids: ["org_id"] },
    { item: "repo_slug", ids: ["prj_id"] },
    { item: "repo", ids: ["prj_id"] },
    { item: "sub", ids: ["prj_id", "org_id"] },
  ],
  personItems: [],
  chosenItems: ["pr_branch", "pr", "tag", "wf_id", "ppl_id", "job_id"],
  sharedAudience: "https://<organization>.semaphoreci.com",
  pipeline: {
    file: ".semaphore/semaphore.yml",
    language: "yaml",
    text: `blocks:
  - name: deploy
    task:
      jobs:
        - name: deploy
          commands:
            - |
              TOKEN=$SEMAPHORE_OIDC_TOKEN
${tokenExchange("              ")}`,
  },
  notes: [
    "`branch` of a pull request is the branch that it wants to go into: a pull request into main says `main`, so `ref_type` is asked for, always.",
    "A debug job is a shell for whoever starts it: only jobs of a pipeline are let in.",
    "`aud` is the organization's URL and cannot be changed: whoever is shown the token can show it here.",
    "One token lasts for the whole job, so it is good more than once.",
    "Keys are behind `/.well-known/jwts`, spelled so: find them by discovery.",
  ],
  sources: ["semaphoreio/semaphore: docs/docs/reference/openid.md"],
  sample: {
    iss: "https://acme.semaphoreci.com",
    aud: "https://acme.semaphoreci.com",
    sub: SUB,
    org: "acme",
    org_id: "d7dd33ad-9317-498c-9cc6-51c250749be7",
    prj: "shop",
    prj_id: "936a5312-a3b8-4921-8b3f-2cec8baac574",
    repo: "shop",
    repo_slug: "acme/shop",
    branch: "main",
    ref: "refs/heads/main",
    ref_type: "branch",
    job_type: "pipeline_job",
    wf_id: "1be81412-6ab8-4fc0-9d0d-7af33335a6ec",
    ppl_id: "1e1fcfb5-09c0-487e-b051-2d0b5514c42a",
    job_id: "c117e453-1189-4eaf-b03a-dd6538eb49b2",
    trg: "h:f-i:f",
  },
};
