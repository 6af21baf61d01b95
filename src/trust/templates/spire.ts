import { HOST, ISSUER_URL, tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const ISSUER = "https://oidc-discovery.acme.example";

/** Workloads of one SPIFFE trust domain, whose server is told to write an issuer into its JWT-SVIDs. */
export const spire: TrustTemplate = {
  name: "spire",
  title: "SPIFFE / SPIRE",
  description: "The SPIRE server signs for the workloads of one trust domain.",
  issuer: "<issuer>",
  isShared: false,
  parameters: {
    issuer: {
      description: "`jwt_issuer` of the server's configuration, where its OIDC discovery provider answers.",
      example: ISSUER,
      isRequired: true,
      pattern: ISSUER_URL,
    },
    trustDomain: {
      description: "The trust domain, without `spiffe://`.",
      example: "acme.example",
      isRequired: true,
      pattern: HOST,
    },
    path: {
      description:
        "The workload's path: `ns/shop/sa/deployer` for one, `ns/shop/sa/*` for all of one level below, `ns/shop/**` for all below.",
      example: "ns/shop/sa/*",
      isRequired: true,
      pattern: /^[A-Za-z0-9._-]{1,100}(?:\/[A-Za-z0-9._-]{1,100}){0,12}(?:\/\*{1,2})?$/,
    },
  },
  assertions: [{ item: "sub", operator: "glob", value: "spiffe://<trustDomain>/<path>" }],
  tenantItems: ["sub"],
  names: [],
  personItems: [],
  chosenItems: [],
  pipeline: {
    file: "where the SPIRE agent's socket is",
    language: "sh",
    text: `TOKEN=$(spire-agent api fetch jwt -audience <issuerUrl> -output json | jq -r '.[0].svids[0].svid')
${tokenExchange("")}`,
  },
  notes: [
    "Set `jwt_issuer` in the server's configuration: without it a JWT-SVID says nobody who signed it, and no trust can be found for it.",
    "A SPIFFE id names the registration entry, not a person or a machine: whoever may write entries of the server can be anybody.",
    "A star stands behind a slash only: `ns/shop*` would let `ns/shopping` in.",
    "Other trust domains that the server federates with have issuers and keys of their own, and need trusts of their own.",
    "A workload may fetch as many tokens as it likes, and agents keep them for a while: so a token is good more than once.",
  ],
  sources: ["spiffe/spire: doc/spire_server.md", "spiffe/spire: support/oidc-discovery-provider/README.md"],
  sample: { iss: ISSUER, sub: "spiffe://acme.example/ns/shop/sa/deployer" },
};
