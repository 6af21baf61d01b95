import { ACCOUNT, harness, ISSUER } from "./harness.ts";
import type { Samples } from "./template.ts";

export const harnessSamples: Samples = {
  template: harness,
  parameters: { host: undefined },
  variants: [
    {
      name: "sub with its pipeline",
      claims: { sub: `account/${ACCOUNT}:org/acme:project/shop:pipeline/deploy_shop` },
    },
    { name: "started by another colleague", claims: { triggered_by_name: "omar" } },
    { name: "through another connector", claims: { connector_id: "other", connector_name: "other" } },
  ],
  neighbours: [
    { name: "the test of a connector", claims: { context: "CONNECTOR_VALIDATION" }, refusedBy: "context" },
    { name: "a task in the background", claims: { context: "PERPETUAL_TASK" }, refusedBy: "context" },
    { name: "no context", claims: { context: null }, refusedBy: "context" },
    {
      name: "a staging environment",
      claims: { environment_type: "PreProduction" },
      refusedBy: "environment_type",
    },
    { name: "no environment", claims: { environment_type: null }, refusedBy: "environment_type" },
    { name: "another pipeline", claims: { pipeline_id: "test_shop" }, refusedBy: "pipeline_id" },
    {
      name: "a pipeline that begins alike",
      claims: { pipeline_id: "deploy_shop2" },
      refusedBy: "pipeline_id",
    },
    { name: "no pipeline", claims: { pipeline_id: null }, refusedBy: "pipeline_id" },
    { name: "another project", claims: { project_id: "blog" }, refusedBy: "project_id" },
    { name: "another spelling", claims: { project_id: "Shop" }, refusedBy: "project_id" },
    { name: "a project that is a number", claims: { project_id: 1 }, refusedBy: "project_id" },
    {
      name: "a project of the same name in another organization",
      claims: { organization_id: "labs" },
      refusedBy: "organization_id",
    },
    { name: "no organization", claims: { organization_id: null }, refusedBy: "organization_id" },
    {
      name: "another account's claims",
      claims: { account_id: "ZZZZZZZZZZZZZZZZZZZZZZ" },
      refusedBy: "account_id",
    },
    {
      name: "another account's issuer",
      claims: { iss: "https://app.harness.io/ng/api/oidc/account/ZZZZZZZZZZZZZZZZZZZZZZ" },
      refusedBy: "iss",
    },
    { name: "another cluster's host", claims: { iss: ISSUER.replace("app.", "app3.") }, refusedBy: "iss" },
    { name: "a slash at the issuer's end", claims: { iss: `${ISSUER}/` }, refusedBy: "iss" },
    { name: "made for another service", claims: { aud: "api://AzureADTokenExchange" }, refusedBy: "aud" },
  ],
};
