/** What the templates of all kinds of clusters say alike: the API server signs for its service accounts, wherever it runs. */
import { DNS_LABEL, tokenExchange, UUID } from "./parts.ts";
import type { Claims, TrustTemplate } from "./template.ts";

const SERVICE_ACCOUNT_UID = "/kubernetes.io/serviceaccount/uid";
const NAMESPACE = "/kubernetes.io/namespace";

/** Whose token it is; each kind of cluster adds what its issuer's URL needs. */
export const serviceAccountParameters: TrustTemplate["parameters"] = {
  namespace: {
    description: "The namespace of the service account.",
    example: "shop",
    isRequired: true,
    pattern: DNS_LABEL,
  },
  serviceAccountName: {
    description: "The service account that the pod runs as; not `default`, which every pod has.",
    example: "deployer",
    isRequired: true,
    pattern: /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
  },
  serviceAccountUid: {
    description: "Its uid: `kubectl -n NAMESPACE get serviceaccount NAME -o jsonpath={.metadata.uid}`.",
    example: "f5b0c1de-4a2b-4c3d-9e8f-0a1b2c3d4e5f",
    pattern: UUID,
  },
};

export const serviceAccountAssertions: TrustTemplate["assertions"] = [
  { item: "sub", operator: "equals", value: "system:serviceaccount:<namespace>:<serviceAccountName>" },
  { item: SERVICE_ACCOUNT_UID, operator: "equals", value: "<serviceAccountUid>" },
  { item: NAMESPACE, operator: "equals", value: "<namespace>" },
];

/** One issuer per cluster; several processes of a pod read the same token file, so it is good more than once. */
export const serviceAccountFacts: Pick<
  TrustTemplate,
  "isShared" | "tenantItems" | "names" | "personItems" | "chosenItems"
> = {
  isShared: false,
  tenantItems: [SERVICE_ACCOUNT_UID, "sub", NAMESPACE],
  names: [{ item: "sub", ids: [SERVICE_ACCOUNT_UID] }],
  personItems: [],
  chosenItems: ["/kubernetes.io/pod/name", "/kubernetes.io/pod/uid"],
};

export const serviceAccountNotes: TrustTemplate["notes"] = [
  "A namespace and a service account that were deleted can be created anew by somebody else: give the uid too.",
  "Pods that name no service account share `default` of their namespace: trust one that you made for the purpose.",
  "Whoever may create pods, or tokens, in the namespace can have such a token: that right is worth as much as this trust.",
  "A token stays good until it ends, though its pod is gone: ask for the shortest, ten minutes.",
  "The API server's own audience is no use here: project a token for this service alone.",
];

/** Of a service account's projected token, but for its issuer. */
export const serviceAccountClaims: Claims = {
  sub: "system:serviceaccount:shop:deployer",
  "kubernetes.io": {
    namespace: "shop",
    serviceaccount: { name: "deployer", uid: "f5b0c1de-4a2b-4c3d-9e8f-0a1b2c3d4e5f" },
    pod: { name: "deploy-7c9d-x2x4v", uid: "49a1d2c3-5b6e-4f70-8a9b-1c2d3e4f5a6b" },
    node: { name: "node-1", uid: "0a9b8c7d-6e5f-4a3b-8c1d-2e3f4a5b6c7d" },
  },
};

/** A pod with a projected token. @param comment above it, a line that begins with `#` */
export function podManifest(comment?: string): TrustTemplate["pipeline"] {
  const text = `spec:
  serviceAccountName: <serviceAccountName>
  containers:
    - name: deploy
      image: registry.example.com/curl-and-jq
      volumeMounts: [{ name: identity, mountPath: /var/run/secrets/identity, readOnly: true }]
      command: [sh, -ec]
      args:
        - |
          TOKEN=$(cat /var/run/secrets/identity/token)
${tokenExchange("          ")}
  volumes:
    - name: identity
      projected:
        sources: [{ serviceAccountToken: { audience: "<issuerUrl>", expirationSeconds: 600, path: token } }]`;
  return {
    file: "pod.yaml",
    language: "yaml",
    text: comment === undefined ? text : `${comment}\n${text}`,
  };
}
