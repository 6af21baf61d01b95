import { ISSUER, spire } from "./spire.ts";
import type { Samples } from "./template.ts";

export const spireSamples: Samples = {
  template: spire,
  variants: [
    { name: "another workload below the path", claims: { sub: "spiffe://acme.example/ns/shop/sa/migrator" } },
    { name: "its audience in a list", claims: { aud: ["https://sts.example.com"] } },
    {
      name: "a name with all that a name may have",
      claims: { sub: "spiffe://acme.example/ns/shop/sa/a.b_c-d" },
    },
  ],
  neighbours: [
    {
      name: "another namespace",
      claims: { sub: "spiffe://acme.example/ns/staging/sa/deployer" },
      refusedBy: "sub",
    },
    {
      name: "a namespace whose name begins alike",
      claims: { sub: "spiffe://acme.example/ns/shopping/sa/deployer" },
      refusedBy: "sub",
    },
    {
      name: "a path that begins alike, without the slash",
      claims: { sub: "spiffe://acme.example/ns/shop/sabotage" },
      refusedBy: "sub",
    },
    { name: "the path itself", claims: { sub: "spiffe://acme.example/ns/shop/sa" }, refusedBy: "sub" },
    {
      name: "a level deeper",
      claims: { sub: "spiffe://acme.example/ns/shop/sa/deployer/child" },
      refusedBy: "sub",
    },
    {
      name: "the path below another",
      claims: { sub: "spiffe://acme.example/x/ns/shop/sa/deployer" },
      refusedBy: "sub",
    },
    {
      name: "another trust domain",
      claims: { sub: "spiffe://mallory.example/ns/shop/sa/deployer" },
      refusedBy: "sub",
    },
    {
      name: "a trust domain that begins alike",
      claims: { sub: "spiffe://acme.example.evil.example/ns/shop/sa/deployer" },
      refusedBy: "sub",
    },
    {
      name: "a trust domain below",
      claims: { sub: "spiffe://dev.acme.example/ns/shop/sa/deployer" },
      refusedBy: "sub",
    },
    {
      name: "another spelling",
      claims: { sub: "spiffe://acme.example/ns/Shop/sa/deployer" },
      refusedBy: "sub",
    },
    { name: "no scheme", claims: { sub: "acme.example/ns/shop/sa/deployer" }, refusedBy: "sub" },
    { name: "no sub", claims: { sub: null }, refusedBy: "sub" },
    { name: "no issuer", claims: { iss: null }, refusedBy: "iss" },
    { name: "a slash at the issuer's end", claims: { iss: `${ISSUER}/` }, refusedBy: "iss" },
    { name: "another server", claims: { iss: "https://oidc-discovery.dev.acme.example" }, refusedBy: "iss" },
    { name: "made for another workload", claims: { aud: ["spiffe://acme.example/db"] }, refusedBy: "aud" },
  ],
};
