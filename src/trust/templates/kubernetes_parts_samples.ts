/** Tokens of one cluster that its templates must let in, and those that they must refuse. */
import type { Neighbour, Variant } from "./template.ts";

const UID = "/kubernetes.io/serviceaccount/uid";
const OTHER_UID = "11111111-2222-4333-8444-555555555555";

export const serviceAccountVariants: readonly Variant[] = [
  {
    name: "another pod on another node",
    claims: {
      "kubernetes.io": {
        pod: { name: "deploy-7c9d-k8k2q", uid: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee" },
        node: { name: "node-2", uid: "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff" },
      },
    },
  },
  { name: "bound to no pod", claims: { "kubernetes.io": { pod: null, node: null } } },
];

/** An audience is a list here; of one that is ours one member is enough. */
export const ownAudienceVariant: Variant = {
  name: "its audience in a list",
  claims: { aud: ["https://sts.example.com"] },
};

export const serviceAccountNeighbours: readonly Neighbour[] = [
  {
    name: "the default service account of the namespace",
    claims: {
      sub: "system:serviceaccount:shop:default",
      "kubernetes.io": { serviceaccount: { name: "default", uid: OTHER_UID } },
    },
    refusedBy: "sub",
  },
  {
    name: "a service account of the same name in another namespace",
    claims: {
      sub: "system:serviceaccount:staging:deployer",
      "kubernetes.io": { namespace: "staging", serviceaccount: { uid: OTHER_UID } },
    },
    refusedBy: "sub",
  },
  {
    name: "a service account whose name begins alike",
    claims: { sub: "system:serviceaccount:shop:deployer-preview" },
    refusedBy: "sub",
  },
  {
    name: "a namespace whose name ends alike",
    claims: { sub: "system:serviceaccount:my-shop:deployer" },
    refusedBy: "sub",
  },
  { name: "another spelling", claims: { sub: "system:serviceaccount:Shop:deployer" }, refusedBy: "sub" },
  { name: "a node", claims: { sub: "system:node:node-1" }, refusedBy: "sub" },
  { name: "no sub", claims: { sub: null }, refusedBy: "sub" },
  {
    name: "a service account of the same name, created anew",
    claims: { "kubernetes.io": { serviceaccount: { uid: OTHER_UID } } },
    refusedBy: UID,
  },
  { name: "no uid", claims: { "kubernetes.io": { serviceaccount: { uid: null } } }, refusedBy: UID },
  {
    name: "a uid that is a number",
    claims: { "kubernetes.io": { serviceaccount: { uid: 5 } } },
    refusedBy: UID,
  },
  {
    name: "an old token from a secret, with flat claims",
    claims: {
      "kubernetes.io": null,
      "kubernetes.io/serviceaccount/namespace": "shop",
      "kubernetes.io/serviceaccount/service-account.uid": "f5b0c1de-4a2b-4c3d-9e8f-0a1b2c3d4e5f",
    },
    refusedBy: UID,
  },
  {
    name: "claims as dotted text rather than nested",
    claims: {
      "kubernetes.io": null,
      "kubernetes.io.serviceaccount.uid": "f5b0c1de-4a2b-4c3d-9e8f-0a1b2c3d4e5f",
    },
    refusedBy: UID,
  },
  {
    name: "a namespace that its sub does not say",
    claims: { "kubernetes.io": { namespace: "staging" } },
    refusedBy: "/kubernetes.io/namespace",
  },
  {
    name: "a token for the API server",
    claims: { aud: ["https://kubernetes.default.svc"] },
    refusedBy: "aud",
  },
];
