import { tokenExchange } from "./parts.ts";
import type { TrustTemplate } from "./template.ts";

export const SUB = "104479897743394244856";
const COMPUTE_ENGINE = "/google/compute_engine";

/** Google service accounts, wherever their identity token is from: a VM, Cloud Run, GKE's metadata server, the API. */
export const google: TrustTemplate = {
  name: "google",
  title: "Google service account",
  description: "Google signs for every service account, and every person, that there is.",
  issuer: "https://accounts.google.com",
  issuerGlobs: ["https://accounts.google.com"],
  isShared: true,
  parameters: {
    uniqueId: {
      description:
        "The service account's unique id: `gcloud iam service-accounts describe EMAIL --format='value(uniqueId)'`.",
      example: SUB,
      isRequired: true,
      pattern: /^[1-9]\d{9,29}$/,
    },
    email: {
      description: "Its e-mail address, to be asked besides the id.",
      example: "deployer@acme-shop.iam.gserviceaccount.com",
      pattern: /^[a-z0-9][a-z0-9.-]{0,120}@[a-z0-9.-]{1,120}\.gserviceaccount\.com$/,
    },
    instanceId: {
      description: "The one VM that may, by its id; needs a token with `format=full`.",
      example: "6140691338085198734",
      pattern: /^[1-9]\d{5,24}$/,
    },
  },
  assertions: [
    { item: "sub", operator: "equals", value: "<uniqueId>" },
    { item: "email_verified", operator: "equals", value: true },
    { item: "email", operator: "glob", value: "*@*.gserviceaccount.com" },
    { item: "email", operator: "equals", value: "<email>" },
    { item: `${COMPUTE_ENGINE}/instance_id`, operator: "equals", value: "<instanceId>" },
  ],
  tenantItems: ["sub", `${COMPUTE_ENGINE}/project_number`, `${COMPUTE_ENGINE}/project_id`, "email"],
  names: [
    { item: "email", ids: ["sub"] },
    { item: `${COMPUTE_ENGINE}/instance_name`, ids: [`${COMPUTE_ENGINE}/instance_id`] },
  ],
  personItems: ["hd", "name"],
  chosenItems: [`${COMPUTE_ENGINE}/instance_name`],
  pipeline: {
    file: "on the VM, in the Cloud Run job or the pod",
    language: "sh",
    text: `IDENTITY=http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity
TOKEN=$(curl -sS --fail-with-body -G -H "Metadata-Flavor: Google" "$IDENTITY" \\
  -d audience=<issuerUrl> -d format=full)
${tokenExchange("")}
# Elsewhere, in place of the metadata server:
# TOKEN=$(gcloud auth print-identity-token --impersonate-service-account=EMAIL \\
#   --audiences=<issuerUrl> --include-email)`,
  },
  notes: [
    "An address can be given to somebody else once its service account is deleted, the unique id cannot: match `sub`.",
    "People get tokens from the same issuer: an address that is not a service account's is refused.",
    "A token without an address is refused: ask for `format=full`, or for `--include-email`.",
    "All VMs and functions of a project that name no service account share its default one: make one for the purpose.",
    "`google.compute_engine` is there on a VM only, and only with `format=full`.",
  ],
  sources: [
    "pypi/warehouse: warehouse/oidc/models/google.py",
    "https://cloud.google.com/compute/docs/instances/verifying-instance-identity",
    "https://cloud.google.com/sdk/gcloud/reference/auth/print-identity-token",
  ],
  sample: {
    iss: "https://accounts.google.com",
    sub: SUB,
    azp: SUB,
    email: "deployer@acme-shop.iam.gserviceaccount.com",
    email_verified: true,
    google: {
      compute_engine: {
        instance_creation_timestamp: 1795200000,
        instance_id: "6140691338085198734",
        instance_name: "deploy-1",
        project_id: "acme-shop",
        project_number: 405721773632,
        zone: "europe-west3-a",
      },
    },
  },
};
