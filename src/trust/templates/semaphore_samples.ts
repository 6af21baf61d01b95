import { SUB, semaphore } from "./semaphore.ts";
import type { Samples } from "./template.ts";

export const semaphoreSamples: Samples = {
  template: semaphore,
  variants: [
    { name: "a renamed project of the same id", claims: { prj: "store" } },
    { name: "run again", claims: { trg: "h:t-i:f" } },
    { name: "promoted by hand", claims: { trg: "h:f-n:f" } },
  ],
  neighbours: [
    {
      name: "a pull request into main",
      claims: {
        ref_type: "pull-request",
        ref: "refs/pull/7/merge",
        pr: "7",
        pr_branch: "evil",
        sub: SUB.replace("ref_type:branch:ref:refs/heads/main", "ref_type:pr:ref:refs/pull/7/merge"),
      },
      refusedBy: "ref_type",
    },
    {
      name: "a pull request that says a branch's ref",
      claims: { ref_type: "pull-request", pr: "7" },
      refusedBy: "ref_type",
    },
    {
      name: "a tag that is called main",
      claims: { ref_type: "tag", ref: "refs/tags/main", tag: "main" },
      refusedBy: "ref_type",
    },
    { name: "no type of ref", claims: { ref_type: null }, refusedBy: "ref_type" },
    { name: "another branch", claims: { ref: "refs/heads/feature", branch: "feature" }, refusedBy: "ref" },
    {
      name: "a branch that begins alike",
      claims: { ref: "refs/heads/main-2", branch: "main-2" },
      refusedBy: "ref",
    },
    { name: "a shell into a job", claims: { job_type: "debug_job" }, refusedBy: "job_type" },
    { name: "a shell into the project", claims: { job_type: "project_debug_job" }, refusedBy: "job_type" },
    { name: "no type of job", claims: { job_type: null }, refusedBy: "job_type" },
    {
      name: "another project",
      claims: { prj: "blog", prj_id: "1e1fcfb5-09c0-487e-b051-2d0b5514c42a" },
      refusedBy: "prj_id",
    },
    {
      name: "a project of the same name, created anew",
      claims: { prj_id: "11111111-2222-4333-8444-555555555555" },
      refusedBy: "prj_id",
    },
    { name: "a project that is a number", claims: { prj_id: 936 }, refusedBy: "prj_id" },
    {
      name: "another organization that took the name",
      claims: { org_id: "66666666-7777-4888-8999-aaaaaaaaaaaa" },
      refusedBy: "org_id",
    },
    {
      name: "another organization's issuer",
      claims: { iss: "https://acme-dev.semaphoreci.com", aud: "https://acme-dev.semaphoreci.com" },
      refusedBy: "iss",
    },
    {
      name: "a slash at the issuer's end",
      claims: { iss: "https://acme.semaphoreci.com/" },
      refusedBy: "iss",
    },
    { name: "another audience", claims: { aud: "https://acme-dev.semaphoreci.com" }, refusedBy: "aud" },
  ],
};
