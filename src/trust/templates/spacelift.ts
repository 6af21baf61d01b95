import { DNS_LABEL, SLUG, tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const SUB = "space:shop-01HN0JE5:stack:infra:run_type:TRACKED:scope:write";

/** Runs on Spacelift's hosted service. */
export const spacelift: TrustTemplate = {
  name: "spacelift",
  title: "Spacelift",
  description: "Spacelift signs for the runs of one account.",
  issuer: "https://<account>.app.spacelift.io",
  issuerGlobs: ["https://*.app.spacelift.io"],
  isShared: false,
  parameters: {
    account: {
      description: "The account's name, as in `https://ACCOUNT.app.spacelift.io`.",
      example: "acme",
      isRequired: true,
      pattern: DNS_LABEL,
    },
    spaceId: {
      description: "The space's id, from its settings.",
      example: "shop-01HN0JE5",
      isRequired: true,
      pattern: SLUG,
    },
    stackId: {
      description: "The stack's id, from its URL.",
      example: "infra",
      isRequired: true,
      pattern: SLUG,
    },
    runType: {
      description: "The type of run; `PROPOSED` runs the code of pull requests.",
      example: "TRACKED",
      fallback: "TRACKED",
      pattern: /^(?:TRACKED|PROPOSED|TASK|TESTING|DESTROY)$/,
    },
    scope: {
      description: "`write` while it applies, `read` while it plans and waits for approval.",
      example: "write",
      fallback: "write",
      pattern: /^(?:read|write)$/,
    },
  },
  assertions: [
    { item: "spaceId", operator: "equals", value: "<spaceId>" },
    { item: "callerType", operator: "equals", value: "stack" },
    { item: "callerId", operator: "equals", value: "<stackId>" },
    { item: "runType", operator: "equals", value: "<runType>" },
    { item: "scope", operator: "equals", value: "<scope>" },
    { item: "aud", operator: "equals", value: "<account>.app.spacelift.io" },
  ],
  tenantItems: ["spaceId", "callerId", "sub"],
  names: [
    { item: "callerId", ids: ["spaceId"] },
    { item: "sub", ids: ["spaceId", "callerId"] },
  ],
  personItems: [],
  chosenItems: ["runId"],
  sharedAudience: "<account>.app.spacelift.io",
  pipeline: {
    file: "a hook of the stack, before the phase that needs it",
    language: "sh",
    text: `TOKEN=$SPACELIFT_OIDC_TOKEN
${tokenExchange("")}`,
  },
  notes: [
    "`aud` is the account's host and cannot be changed: whoever is shown the token can show it here, so show it to nobody you trust less.",
    "A proposed run executes a pull request's code: its runs are refused unless you ask for them.",
    "A tracked run that waits for approval has `read` while it plans and `write` while it applies: take two trusts where both need access.",
    "A task runs any command that somebody typed: ask for `TASK` only where that is meant.",
    "A stack's id is a name: one that was deleted can be created anew, by whoever may in its space.",
    "One token lasts for the whole run, so it is good more than once.",
  ],
  sources: ["spacelift-io/user-documentation: docs/integrations/cloud-providers/oidc/README.md"],
  sample: {
    iss: "https://acme.app.spacelift.io",
    sub: SUB,
    aud: "acme.app.spacelift.io",
    spaceId: "shop-01HN0JE5",
    callerType: "stack",
    callerId: "infra",
    runType: "TRACKED",
    runId: "01HQZ3T9V5X7",
    scope: "write",
  },
};
