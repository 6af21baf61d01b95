import {
  podManifest,
  serviceAccountAssertions,
  serviceAccountClaims,
  serviceAccountFacts,
  serviceAccountNotes,
  serviceAccountParameters,
} from "./kubernetes_parts.ts";
import { ISSUER_URL } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

/** STACKIT's clusters, whose webhook mounts a token for STACKIT itself unless an annotation asks for another audience. */
export const ske: TrustTemplate = {
  name: "ske",
  title: "STACKIT Kubernetes Engine",
  description: "STACKIT signs for the service accounts of one SKE cluster.",
  issuer: "<issuer>",
  mark: "kubernetes.io",
  ...serviceAccountFacts,
  parameters: {
    issuer: {
      description: "`serviceAccountIssuer` of the cluster's status, letter by letter.",
      example: "https://ske.example.com/clusters/acme/main",
      isRequired: true,
      pattern: ISSUER_URL,
    },
    ...serviceAccountParameters,
    audience: {
      description:
        "The audience of the token, where it is the webhook's own; without it the token has to be for this service.",
      example: "sts.accounts.stackit.cloud",
      pattern: /^[\x21-\x7e]{1,240}$/,
    },
  },
  assertions: [...serviceAccountAssertions, { item: "aud", operator: "equals", value: "<audience>" }],
  sharedAudience: "sts.accounts.stackit.cloud",
  pipeline: podManifest(
    "# With STACKIT's webhook: annotate the service account with `workload-identity.stackit.cloud/audience: <issuerUrl>`.",
  ),
  notes: [
    "Without an annotation the webhook's token is for `sts.accounts.stackit.cloud`: whoever is shown it can show it to STACKIT, and the other way round.",
    "Rather annotate the service account with this service as `workload-identity.stackit.cloud/audience`, and leave the parameter out.",
    ...serviceAccountNotes,
  ],
  sources: ["stackitcloud/stackit-pod-identity-webhook: README.md"],
  sample: {
    iss: "https://ske.example.com/clusters/acme/main",
    aud: ["sts.accounts.stackit.cloud"],
    ...serviceAccountClaims,
  },
};
