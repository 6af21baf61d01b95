import type { Deps } from "../../deps.ts";
import { getReceipt, listReceipts } from "../../directory/index.ts";
import { answerJson } from "./answers.ts";
import { mount, pageOfQuery, type V1Routes } from "./endpoint.ts";
import { projectParams } from "./primitives.ts";
import { projectReceiptParams, receiptItem, receiptParams, receiptQuery } from "./receipt_shapes.ts";
import { pageAnswer } from "./responses.ts";

const tag = "receipts";
const answer = {
  status: 200,
  description: "The receipt, with its nearest miss",
  schema: receiptItem,
} as const;

const list = {
  method: "get",
  path: "/v1/projects/{project}/receipts",
  tag,
  permission: "service-accounts:read",
  summary: "List why exchanges were granted or refused, youngest first",
  params: projectParams,
  query: receiptQuery,
  answer: pageAnswer("A page of receipts", receiptItem),
} as const;
const getOfProject = {
  method: "get",
  path: "/v1/projects/{project}/receipts/{receipt}",
  tag,
  permission: "service-accounts:read",
  summary: "Get a receipt of a project",
  params: projectReceiptParams,
  answer,
} as const;
const get = {
  method: "get",
  path: "/v1/receipts/{receipt}",
  tag,
  permission: "service-accounts:read",
  summary: "Get the receipt that a refused caller was pointed to",
  params: receiptParams,
  answer,
} as const;

export function receiptRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, list, async (c, { context, params, query }) => {
    const { pageSize, pageToken, ...filter } = query;
    const page = pageOfQuery({ pageSize, pageToken });
    return answerJson(c, await listReceipts(context, params.project, { filter, page }));
  });
  mount(routes, deps, getOfProject, async (c, { context, params }) =>
    answerJson(c, await getReceipt(context, params.receipt, params.project)),
  );
  mount(routes, deps, get, async (c, { context, params }) =>
    answerJson(c, await getReceipt(context, params.receipt)),
  );
}
