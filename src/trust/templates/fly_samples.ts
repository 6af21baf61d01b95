import { DIGEST, fly } from "./fly.ts";
import type { Samples } from "./template.ts";

export const flySamples: Samples = {
  template: fly,
  variants: [
    {
      name: "another Machine of the app",
      claims: {
        machine_id: "e82d9f1b55",
        machine_name: "loud-hill-2",
        sub: "acme:shop:loud-hill-2",
        region: "ams",
      },
    },
    { name: "a renamed app of the same id", claims: { app_name: "store", sub: "acme:store:quiet-river-7" } },
  ],
  neighbours: [
    {
      name: "another app of the organization",
      claims: { app_id: "9120046", app_name: "shop-dev", sub: "acme:shop-dev:quiet-river-7" },
      refusedBy: "app_id",
    },
    { name: "an app of the same name, created anew", claims: { app_id: "9999999" }, refusedBy: "app_id" },
    { name: "an app id that begins alike", claims: { app_id: "91200451" }, refusedBy: "app_id" },
    { name: "an app id that is a number", claims: { app_id: 9120045 }, refusedBy: "app_id" },
    { name: "no app id", claims: { app_id: null }, refusedBy: "app_id" },
    {
      name: "a Machine whose name looks like the rest of sub",
      claims: { app_id: "9120046", app_name: "x", machine_name: "shop:quiet", sub: "acme:x:shop:quiet" },
      refusedBy: "app_id",
    },
    { name: "another organization that took the slug", claims: { org_id: "666666" }, refusedBy: "org_id" },
    { name: "no organization", claims: { org_id: null }, refusedBy: "org_id" },
    { name: "an organization id that is a number", claims: { org_id: 482113 }, refusedBy: "org_id" },
    {
      name: "another image",
      claims: { image_digest: `sha256:${"0".repeat(64)}` },
      refusedBy: "image_digest",
    },
    {
      name: "a digest in capitals",
      claims: { image_digest: DIGEST.toUpperCase() },
      refusedBy: "image_digest",
    },
    { name: "no digest", claims: { image_digest: null }, refusedBy: "image_digest" },
    {
      name: "another organization's issuer",
      claims: { iss: "https://oidc.fly.io/acme-dev" },
      refusedBy: "iss",
    },
    { name: "a slash at the issuer's end", claims: { iss: "https://oidc.fly.io/acme/" }, refusedBy: "iss" },
    { name: "the default audience", claims: { aud: "https://fly.io/acme" }, refusedBy: "aud" },
  ],
};
