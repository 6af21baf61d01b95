import { google, SUB } from "./google.ts";
import type { Samples } from "./template.ts";

export const googleSamples: Samples = {
  template: google,
  variants: [
    { name: "the VM renamed", claims: { google: { compute_engine: { instance_name: "deploy-2" } } } },
    {
      name: "the VM moved to another zone",
      claims: { google: { compute_engine: { zone: "europe-west3-b" } } },
    },
    { name: "without azp", claims: { azp: null } },
  ],
  neighbours: [
    {
      name: "another service account of the project",
      claims: {
        sub: "117706947495000000001",
        azp: "117706947495000000001",
        email: "reader@acme-shop.iam.gserviceaccount.com",
      },
      refusedBy: "sub",
    },
    {
      name: "the same address, created anew",
      claims: { sub: "118888888888888888888", azp: "118888888888888888888" },
      refusedBy: "sub",
    },
    {
      name: "a service account of another customer",
      claims: { sub: "100368210816668891989", email: "deployer@mallory.iam.gserviceaccount.com" },
      refusedBy: "sub",
    },
    {
      name: "a person",
      claims: { sub: "103547991597142817347", email: "lena@acme.example", hd: "acme.example" },
      refusedBy: "sub",
    },
    { name: "an id that begins alike", claims: { sub: `${SUB}1` }, refusedBy: "sub" },
    { name: "an id that is a number", claims: { sub: 1044798977 }, refusedBy: "sub" },
    { name: "no sub", claims: { sub: null }, refusedBy: "sub" },
    { name: "an unverified address", claims: { email_verified: false }, refusedBy: "email_verified" },
    { name: "verified as text", claims: { email_verified: "true" }, refusedBy: "email_verified" },
    {
      name: "no address",
      claims: { email: null, email_verified: null },
      refusedBy: "email_verified",
    },
    { name: "a person's address", claims: { email: "lena@acme.example" }, refusedBy: "email" },
    {
      name: "an address that only ends alike",
      claims: { email: "deployer@acme-shop.evilgserviceaccount.com" },
      refusedBy: "email",
    },
    {
      name: "the default service account's address",
      claims: { email: "405721773632-compute@developer.gserviceaccount.com" },
      refusedBy: "email",
    },
    {
      name: "another VM of the service account",
      claims: { google: { compute_engine: { instance_id: "5055893581146000589" } } },
      refusedBy: "/google/compute_engine/instance_id",
    },
    {
      name: "not from a VM",
      claims: { google: null },
      refusedBy: "/google/compute_engine/instance_id",
    },
    { name: "the issuer without https", claims: { iss: "accounts.google.com" }, refusedBy: "iss" },
    { name: "made for another service", claims: { aud: "https://shop-a1b2.a.run.app" }, refusedBy: "aud" },
  ],
};
