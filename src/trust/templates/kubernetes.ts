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

/** Any cluster whose issuer everybody can reach; those of some providers have templates of their own. */
export const kubernetes: TrustTemplate = {
  name: "kubernetes",
  title: "Kubernetes",
  description: "The API server of one cluster signs for its service accounts; everybody can fetch its keys.",
  issuer: "<issuer>",
  mark: "kubernetes.io",
  ...serviceAccountFacts,
  parameters: {
    issuer: {
      description:
        "The cluster's issuer, letter by letter: `kubectl get --raw /.well-known/openid-configuration | jq -r .issuer`.",
      example: "https://oidc.cluster-1.example.com/k8s",
      isRequired: true,
      pattern: ISSUER_URL,
    },
    ...serviceAccountParameters,
  },
  assertions: serviceAccountAssertions,
  pipeline: podManifest(),
  notes: [
    "The issuer is compared letter by letter: one with a slash at its end is another.",
    "Where the issuer is `https://kubernetes.default.svc.cluster.local`, or nobody outside can reach it, upload the keys: take `kubernetes-in-cluster`, or give `jwks`.",
    ...serviceAccountNotes,
  ],
  sources: [
    "sigstore/fulcio: config/identity/config.yaml",
    "https://www.kernel.sh/docs/info/workload-identity/kubernetes",
  ],
  sample: { iss: "https://oidc.cluster-1.example.com/k8s", ...serviceAccountClaims },
};
