import type { Deps } from "../../deps.ts";
import { createAccessToken } from "../../grants/index.ts";
import { instantOf } from "../../protocol/index.ts";
import { renderProblem } from "../problem.ts";
import { accessTokenInput, accessTokenItem } from "./access_token_shapes.ts";
import { mount, type V1Routes } from "./endpoint.ts";
import { accountParams } from "./primitives.ts";

const create = {
  method: "post",
  permission: "access-tokens:create",
  path: "/v1/projects/{project}/service-accounts/{serviceAccount}/access-tokens",
  tag: "service accounts",
  summary:
    "Impersonate the account: an access token of it, with you in its act and your reason in the record",
  params: accountParams,
  body: accessTokenInput,
  answer: { status: 201, description: "The token, answered this once", schema: accessTokenItem },
} as const;

export function accessTokenRoutes(routes: V1Routes, deps: Deps): void {
  mount(routes, deps, create, async (c, { context, params, body }) => {
    const issued = await createAccessToken(context, params, body);
    if (!issued.ok) return renderProblem(c, issued.refusal);
    const { accessToken, expiresInSeconds: expiresIn, expiresAt, audience, scope, jti } = issued.value;
    c.header("Cache-Control", "no-store");
    const tokenType = "Bearer";
    return c.json(
      { id: jti, accessToken, tokenType, expiresIn, expiresAt: instantOf(expiresAt), audience, scope },
      201,
    );
  });
}
