import { AWS, aws, ISSUER, NAMESPACE } from "./aws.ts";
import type { Samples } from "./template.ts";

export const awsSamples: Samples = {
  template: aws,
  variants: [
    { name: "with tags of its caller", claims: { [NAMESPACE]: { request_tags: { job: "42" } } } },
    { name: "another organizational unit", claims: { [NAMESPACE]: { ou_path: "o-a1b2c3d4e5/r-ab12/" } } },
    { name: "no tags of the role", claims: { [NAMESPACE]: { principal_tags: null } } },
  ],
  neighbours: [
    {
      name: "another account",
      claims: { [NAMESPACE]: { aws_account: "666666666666" } },
      refusedBy: `${AWS}/aws_account`,
    },
    {
      name: "an account that is a number",
      claims: { [NAMESPACE]: { aws_account: 123456789012 } },
      refusedBy: `${AWS}/aws_account`,
    },
    { name: "without its namespace", claims: { [NAMESPACE]: null }, refusedBy: `${AWS}/aws_account` },
    {
      name: "an account in the caller's tags only",
      claims: { [NAMESPACE]: { aws_account: null, request_tags: { aws_account: "123456789012" } } },
      refusedBy: `${AWS}/aws_account`,
    },
    {
      name: "another role",
      claims: { sub: "arn:aws:iam::123456789012:role/deploy/reader" },
      refusedBy: "sub",
    },
    {
      name: "a role of the same name without its path",
      claims: { sub: "arn:aws:iam::123456789012:role/shop-deployer" },
      refusedBy: "sub",
    },
    {
      name: "a role whose name begins alike",
      claims: { sub: "arn:aws:iam::123456789012:role/deploy/shop-deployer-preview" },
      refusedBy: "sub",
    },
    {
      name: "another spelling",
      claims: { sub: "arn:aws:iam::123456789012:role/deploy/Shop-Deployer" },
      refusedBy: "sub",
    },
    {
      name: "a user of the role's name",
      claims: { sub: "arn:aws:iam::123456789012:user/deploy/shop-deployer" },
      refusedBy: "sub",
    },
    { name: "the account's root", claims: { sub: "arn:aws:iam::123456789012:root" }, refusedBy: "sub" },
    {
      name: "the same role in another account",
      claims: { sub: "arn:aws:iam::666666666666:role/deploy/shop-deployer" },
      refusedBy: "sub",
    },
    {
      name: "another organization",
      claims: { [NAMESPACE]: { org_id: "o-zzzzzzzzzz" } },
      refusedBy: `${AWS}/org_id`,
    },
    { name: "no organization", claims: { [NAMESPACE]: { org_id: null } }, refusedBy: `${AWS}/org_id` },
    {
      name: "another function of the role",
      claims: {
        [NAMESPACE]: {
          lambda_source_function_arn: "arn:aws:lambda:eu-central-1:123456789012:function:report",
        },
      },
      refusedBy: `${AWS}/lambda_source_function_arn`,
    },
    {
      name: "the role on an instance rather than in the function",
      claims: { [NAMESPACE]: { lambda_source_function_arn: null } },
      refusedBy: `${AWS}/lambda_source_function_arn`,
    },
    {
      name: "another account's issuer",
      claims: { iss: "https://11111111-2222-4333-8444-555555555555.tokens.sts.global.api.aws" },
      refusedBy: "iss",
    },
    { name: "a slash at the issuer's end", claims: { iss: `${ISSUER}/` }, refusedBy: "iss" },
    { name: "made for another service", claims: { aud: "https://api.example.com" }, refusedBy: "aud" },
  ],
};
