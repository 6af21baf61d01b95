import { gitlab } from "./gitlab.ts";
import type { Samples } from "./template.ts";

export const gitlabSamples: Samples = {
  template: gitlab,
  variants: [
    { name: "on a schedule", claims: { pipeline_source: "schedule" } },
    {
      name: "a renamed project of the same id",
      claims: { project_path: "acme/store", sub: "project_path:acme/store:ref_type:branch:ref:main" },
    },
    {
      name: "by another colleague",
      claims: { user_id: "32", user_login: "omar", user_access_level: "owner" },
    },
    {
      name: "its definition elsewhere",
      claims: { ci_config_ref_uri: null, ci_config_sha: null },
    },
  ],
  neighbours: [
    {
      name: "a fork",
      claims: {
        namespace_id: "666",
        namespace_path: "mallory",
        project_id: "999",
        project_path: "mallory/shop",
        sub: "project_path:mallory/shop:ref_type:branch:ref:main",
      },
      refusedBy: "namespace_id",
    },
    {
      name: "a fork's merge request that a maintainer runs in our project",
      claims: {
        namespace_id: "666",
        project_id: "999",
        project_path: "mallory/shop",
        job_project_id: "2001",
        pipeline_source: "merge_request_event",
      },
      refusedBy: "namespace_id",
    },
    {
      name: "another project of the group",
      claims: { project_id: "2002", project_path: "acme/blog" },
      refusedBy: "project_id",
    },
    {
      name: "a project of the same path, created anew",
      claims: { project_id: "3003" },
      refusedBy: "project_id",
    },
    {
      name: "a group of the same path, created anew",
      claims: { namespace_id: "73" },
      refusedBy: "namespace_id",
    },
    {
      name: "the project moved to another group",
      claims: { namespace_id: "74", namespace_path: "acme/attic", project_path: "acme/attic/shop" },
      refusedBy: "namespace_id",
    },
    {
      name: "another branch",
      claims: { ref: "feature", ref_path: "refs/heads/feature" },
      refusedBy: "ref_path",
    },
    {
      name: "a tag that is called main",
      claims: { ref_type: "tag", ref_path: "refs/tags/main" },
      refusedBy: "ref_path",
    },
    { name: "the branch in another case", claims: { ref_path: "refs/heads/Main" }, refusedBy: "ref_path" },
    { name: "no full ref", claims: { ref_path: null }, refusedBy: "ref_path" },
    { name: "a ref that is not protected", claims: { ref_protected: "false" }, refusedBy: "ref_protected" },
    { name: "protection as a boolean", claims: { ref_protected: true }, refusedBy: "ref_protected" },
    { name: "another environment", claims: { environment: "staging" }, refusedBy: "environment" },
    { name: "no environment", claims: { environment: null }, refusedBy: "environment" },
    {
      name: "our own merge request",
      claims: { pipeline_source: "merge_request_event" },
      refusedBy: "pipeline_source",
    },
    {
      name: "a pull request from elsewhere",
      claims: { pipeline_source: "external_pull_request_event" },
      refusedBy: "pipeline_source",
    },
    { name: "no source at all", claims: { pipeline_source: null }, refusedBy: "pipeline_source" },
    { name: "an id that is a number", claims: { project_id: 2001 }, refusedBy: "project_id" },
    { name: "another instance", claims: { iss: "https://gitlab.evil.example" }, refusedBy: "iss" },
    { name: "the issuer with a slash", claims: { iss: "https://gitlab.com/" }, refusedBy: "iss" },
    { name: "a token made for the instance itself", claims: { aud: "https://gitlab.com" }, refusedBy: "aud" },
  ],
};
