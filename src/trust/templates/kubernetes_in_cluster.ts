import {
  podManifest,
  serviceAccountAssertions,
  serviceAccountClaims,
  serviceAccountFacts,
  serviceAccountNotes,
  serviceAccountParameters,
} from "./kubernetes_parts.ts";
import type { TrustTemplate } from "./template.ts";

/** Clusters as kubeadm, kind and k3d make them: all of the same issuer, told apart by their keys alone. */
export const kubernetesInCluster: TrustTemplate = {
  name: "kubernetes-in-cluster",
  title: "Kubernetes, issuer inside the cluster",
  description:
    "The API server of one cluster signs for its service accounts; its issuer's URL means something inside only, so its keys are uploaded as `jwks`.",
  issuer: "https://kubernetes.default.svc.cluster.local",
  issuerGlobs: ["https://kubernetes.default.svc.cluster.local"],
  ...serviceAccountFacts,
  parameters: serviceAccountParameters,
  assertions: serviceAccountAssertions,
  pipeline: podManifest(
    "# First give the trust its keys, as `jwks` beside the template: kubectl get --raw /openid/v1/jwks",
  ),
  notes: [
    "Give `jwks` beside the template, from `kubectl get --raw /openid/v1/jwks`: nobody can fetch the keys from outside.",
    "Every cluster that was set up with defaults has this very issuer: only the uploaded keys say which one it is, so upload those of one cluster.",
    "When the cluster changes its signing key, upload the key set anew, with both keys as long as tokens of the old one live.",
    ...serviceAccountNotes,
  ],
  sources: [
    "https://github.com/octo-sts/app/issues/841",
    "https://github.com/gardener/oidc-webhook-authenticator/issues/2",
  ],
  sample: { iss: "https://kubernetes.default.svc.cluster.local", ...serviceAccountClaims },
};
