import { circleci } from "./circleci.ts";
import type { Samples } from "./template.ts";

export const circleciSamples: Samples = {
  template: circleci,
  variants: [
    {
      name: "by another colleague, with the first format of sub",
      claims: {
        sub: "org/6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d/project/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d/user/0d1e2f3a-4b5c-4d6e-8f7a-8b9c0d1e2f3a",
      },
    },
    {
      name: "with another context besides",
      claims: {
        "oidc.circleci.com/context-ids": [
          "88bb1c2d-3e4f-4061-9b7c-8d9e0f1a2b3c",
          "77aa0b1c-2d3e-4f50-8a6b-7c8d9e0f1a2b",
        ],
      },
    },
    {
      name: "for an array of audiences",
      claims: { aud: ["https://sts.example.com"] },
    },
  ],
  neighbours: [
    {
      name: "another organization that says it is ours",
      claims: { iss: "https://oidc.circleci.com/org/00000000-4e5f-4a6b-8c7d-9e0f1a2b3c4d" },
      refusedBy: "iss",
    },
    {
      name: "the root issuer, which signs for all",
      claims: { iss: "https://oidc.circleci.com" },
      refusedBy: "iss",
    },
    {
      name: "another organization's id",
      claims: { "oidc.circleci.com/org-id": "00000000-4e5f-4a6b-8c7d-9e0f1a2b3c4d" },
      refusedBy: "oidc.circleci.com/org-id",
    },
    {
      name: "no organization's id",
      claims: { "oidc.circleci.com/org-id": null },
      refusedBy: "oidc.circleci.com/org-id",
    },
    {
      name: "another project of the organization",
      claims: { "oidc.circleci.com/project-id": "00000000-5e6f-4a7b-8c9d-0e1f2a3b4c5d" },
      refusedBy: "oidc.circleci.com/project-id",
    },
    {
      name: "the project's id in another case",
      claims: { "oidc.circleci.com/project-id": "1A2B3C4D-5E6F-4A7B-8C9D-0E1F2A3B4C5D" },
      refusedBy: "oidc.circleci.com/project-id",
    },
    {
      name: "a fork that is built in our project",
      claims: { "oidc.circleci.com/vcs-origin": "github.com/mallory/shop" },
      refusedBy: "oidc.circleci.com/vcs-origin",
    },
    {
      name: "the same path on another host",
      claims: { "oidc.circleci.com/vcs-origin": "bitbucket.org/acme/shop" },
      refusedBy: "oidc.circleci.com/vcs-origin",
    },
    {
      name: "a custom webhook",
      claims: { "oidc.circleci.com/vcs-origin": null, "oidc.circleci.com/vcs-ref": null },
      refusedBy: "oidc.circleci.com/vcs-origin",
    },
    {
      name: "another branch",
      claims: { "oidc.circleci.com/vcs-ref": "refs/heads/feature" },
      refusedBy: "oidc.circleci.com/vcs-ref",
    },
    {
      name: "a tag that is called main",
      claims: { "oidc.circleci.com/vcs-ref": "refs/tags/main" },
      refusedBy: "oidc.circleci.com/vcs-ref",
    },
    {
      name: "a pull request",
      claims: { "oidc.circleci.com/vcs-ref": "refs/pull/7/head" },
      refusedBy: "oidc.circleci.com/vcs-ref",
    },
    {
      name: "another context",
      claims: { "oidc.circleci.com/context-ids": ["88bb1c2d-3e4f-4061-9b7c-8d9e0f1a2b3c"] },
      refusedBy: "oidc.circleci.com/context-ids",
    },
    {
      name: "no context",
      claims: { "oidc.circleci.com/context-ids": [] },
      refusedBy: "oidc.circleci.com/context-ids",
    },
    {
      name: "somebody's shell in the job",
      claims: { "oidc.circleci.com/ssh-rerun": true },
      refusedBy: "oidc.circleci.com/ssh-rerun",
    },
    {
      name: "the shell's absence as text",
      claims: { "oidc.circleci.com/ssh-rerun": "false" },
      refusedBy: "oidc.circleci.com/ssh-rerun",
    },
    {
      name: "nothing about a shell",
      claims: { "oidc.circleci.com/ssh-rerun": null },
      refusedBy: "oidc.circleci.com/ssh-rerun",
    },
    {
      name: "a token made for its default audience",
      claims: { aud: "6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d" },
      refusedBy: "aud",
    },
  ],
};
