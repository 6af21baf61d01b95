import { tokenExchange, UUID } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const ISSUER = "https://3f2504e0-4f89-41d3-9a0c-0305e82c3301.tokens.sts.global.api.aws";
export const NAMESPACE = "https://sts.amazonaws.com/";
/** The namespace as the first segment of a JSON Pointer, where a slash is `~1`. */
export const AWS = "/https:~1~1sts.amazonaws.com~1";

/** Roles of one AWS account with outbound identity federation. Pods on EKS take the template `eks`. */
export const aws: TrustTemplate = {
  name: "aws",
  title: "AWS",
  description:
    "AWS signs for the IAM roles of one account, once outbound identity federation is switched on.",
  issuer: "https://<issuerId>.tokens.sts.global.api.aws",
  issuerGlobs: ["https://*.tokens.sts.global.api.aws"],
  isShared: false,
  parameters: {
    issuerId: {
      description:
        "What begins the account's issuer, which `aws iam enable-outbound-web-identity-federation` answers.",
      example: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
      isRequired: true,
      pattern: UUID,
    },
    accountId: {
      description: "The account's twelve digits: `aws sts get-caller-identity --query Account`.",
      example: "123456789012",
      isRequired: true,
      pattern: /^\d{12}$/,
    },
    role: {
      description: "The role's name, behind its path if it has one.",
      example: "deploy/shop-deployer",
      isRequired: true,
      pattern: /^[A-Za-z0-9_+=,.@-][A-Za-z0-9_+=,.@/-]{0,500}$/,
    },
    organizationId: {
      description: "The organization that the account has to be in.",
      example: "o-a1b2c3d4e5",
      pattern: /^o-[a-z0-9]{10,32}$/,
    },
    lambdaFunctionArn: {
      description: "The one Lambda function that may.",
      example: "arn:aws:lambda:eu-central-1:123456789012:function:deploy",
      pattern: /^arn:aws:lambda:[a-z0-9-]{5,25}:\d{12}:function:[A-Za-z0-9_-]{1,64}$/,
    },
  },
  assertions: [
    { item: `${AWS}/aws_account`, operator: "equals", value: "<accountId>" },
    { item: "sub", operator: "equals", value: "arn:aws:iam::<accountId>:role/<role>" },
    { item: `${AWS}/org_id`, operator: "equals", value: "<organizationId>" },
    { item: `${AWS}/lambda_source_function_arn`, operator: "equals", value: "<lambdaFunctionArn>" },
  ],
  tenantItems: [`${AWS}/aws_account`, `${AWS}/org_id`, "sub"],
  names: [{ item: "sub", ids: [`${AWS}/aws_account`, `${AWS}/org_id`] }],
  personItems: [`${AWS}/identity_store_user_id`, `${AWS}/source_identity`],
  chosenItems: [`${AWS}/request_tags`, `${AWS}/source_region`],
  pipeline: {
    file: "on the instance, or in the function or task, as the role",
    language: "sh",
    text: `# Once per account: aws iam enable-outbound-web-identity-federation
# The role needs sts:GetWebIdentityToken, with sts:IdentityTokenAudience held to <issuerUrl>.
export AWS_REGION=\${AWS_REGION:-eu-central-1}
TOKEN=$(aws sts get-web-identity-token --audience <issuerUrl> --signing-algorithm RS256 \\
  --duration-seconds 300 --query WebIdentityToken --output text)
${tokenExchange("")}`,
  },
  notes: [
    "`request_tags` are what the caller writes into its own token: they say nothing about who it is.",
    "`principal_tags` may be session tags, which whoever assumes the role may set.",
    "A role's ARN is a name: whoever may create roles in the account can create it anew.",
    "The global STS endpoint gives no such tokens: set a region.",
    "A session of the role carries the role's own ARN in `sub`, not that of the session.",
  ],
  sources: [
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html",
  ],
  sample: {
    iss: ISSUER,
    sub: "arn:aws:iam::123456789012:role/deploy/shop-deployer",
    [NAMESPACE]: {
      aws_account: "123456789012",
      source_region: "eu-central-1",
      org_id: "o-a1b2c3d4e5",
      ou_path: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/",
      principal_tags: { team: "shop" },
      lambda_source_function_arn: "arn:aws:lambda:eu-central-1:123456789012:function:deploy",
    },
  },
};
