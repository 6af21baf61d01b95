import type { Deps } from "../../deps.ts";
import { simulateProvider } from "../../directory/index.ts";
import { evaluateAccount, evaluateProvider } from "../../grants/index.ts";
import { answerJson } from "./answers.ts";
import { mount, type V1Routes } from "./endpoint.ts";
import { providerParams } from "./federated_identity_provider_shapes.ts";
import { accountParams } from "./primitives.ts";
import { evaluationInput, receiptItem, simulationInput, simulationItem } from "./receipt_shapes.ts";

const tag = "dry runs";
const permission = "federated-identity-providers:read";
const account = "/v1/projects/{project}/service-accounts/{serviceAccount}";
const provider = `${account}/federated-identity-providers/{id}`;
const receipt = {
  status: 200,
  description: "What would become of it, as a receipt",
  schema: receiptItem,
} as const;

const ofAccount = {
  method: "post",
  path: `${account}/evaluate`,
  tag,
  permission,
  summary: "See what would become of a token, or of claims, without getting one",
  params: accountParams,
  body: evaluationInput,
  answer: receipt,
} as const;
const ofProvider = {
  method: "post",
  path: `${provider}/evaluate`,
  tag,
  permission,
  summary: "See what one trust would make of a token, or of claims",
  params: providerParams,
  body: evaluationInput,
  answer: receipt,
} as const;
const simulate = {
  method: "post",
  path: `${provider}/simulate`,
  tag,
  permission,
  summary: "See what a changed trust would have made of the recorded exchanges",
  params: providerParams,
  body: simulationInput,
  answer: {
    status: 200,
    description: "Which would now fail, and which would now pass",
    schema: simulationItem,
  },
} as const;

const DAYS_DEFAULT = 7;

export function evaluationRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, ofAccount, async (c, { context, params, body }) =>
    answerJson(c, await evaluateAccount(context, params, body)),
  );
  mount(routes, deps, ofProvider, async (c, { context, params, body }) =>
    answerJson(c, await evaluateProvider(context, params, body)),
  );
  mount(routes, deps, simulate, async (c, { context, params, body: { change, days = DAYS_DEFAULT } }) =>
    answerJson(c, await simulateProvider(context, params, { change, days })),
  );
}
