import { OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import type { Deps } from "../../deps.ts";
import type { RouteEnv } from "../context.ts";
import { limitBody } from "../limit_body.ts";
import { invalid, memberProblemsOf, renderProblem } from "../problem.ts";
import { accessReviewRoutes } from "./access_reviews.ts";
import { accessTokenRoutes } from "./access_tokens.ts";
import { auditEventRoutes } from "./audit_events.ts";
import { authenticate } from "./authenticate.ts";
import type { V1Routes } from "./endpoint.ts";
import { evaluationRoutes } from "./evaluations.ts";
import { providerRoutes } from "./federated_identity_providers.ts";
import { identityProviderRoutes } from "./identity_providers.ts";
import { issuerRoutes } from "./issuers.ts";
import { accountKeySetRoute, keyRoutes } from "./keys.ts";
import { leakedCredentialRoutes } from "./leaked_credentials.ts";
import { memberRoutes } from "./members.ts";
import { BODY_MAX_BYTES } from "./primitives.ts";
import { projectTokenRoutes } from "./project_tokens.ts";
import { projectRoutes } from "./projects.ts";
import { receiptRoutes } from "./receipts.ts";
import { resourceServerRoutes } from "./resource_servers.ts";
import { revocationRoutes } from "./revocations.ts";
import { roleBindingRoutes } from "./role_bindings.ts";
import { roleRoutes } from "./roles.ts";
import { serviceAccountRoutes } from "./service_accounts.ts";
import { signingKeyRoutes } from "./signing_keys.ts";
import { trustTemplateRoutes } from "./trust_templates.ts";

/** Everything below `/v1`, and `/openapi.json`. */
export function v1Routes(deps: Deps): V1Routes {
  const routes = newRoutes();
  accountKeySetRoute(routes, deps);
  trustTemplateRoutes(routes, deps);
  routes.use("/v1/*", authenticate(deps), requireJson, limitBody(BODY_MAX_BYTES));
  projectRoutes(routes, deps);
  serviceAccountRoutes(routes, deps);
  providerRoutes(routes, deps);
  evaluationRoutes(routes, deps);
  receiptRoutes(routes, deps);
  issuerRoutes(routes, deps);
  keyRoutes(routes, deps);
  projectTokenRoutes(routes, deps);
  accessTokenRoutes(routes, deps);
  resourceServerRoutes(routes, deps);
  roleRoutes(routes, deps);
  roleBindingRoutes(routes, deps);
  memberRoutes(routes, deps);
  accessReviewRoutes(routes, deps);
  revocationRoutes(routes, deps);
  identityProviderRoutes(routes, deps);
  leakedCredentialRoutes(routes, deps);
  auditEventRoutes(routes, deps);
  signingKeyRoutes(routes, deps);
  describe(routes, deps);
  return routes;
}

function newRoutes(): V1Routes {
  return new OpenAPIHono<RouteEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      if (result.target === "param") {
        return renderProblem(c, { code: "not_found", detail: "No id, name or e-mail has this form." });
      }
      const code = result.target === "json" ? "invalid_body" : "invalid_query";
      return renderProblem(c, invalid(code, memberProblemsOf(result.error.issues)));
    },
  });
}

/** @see RFC 7396 s4 for the second */
const BODY_TYPES = /^application\/(?:json|merge-patch\+json)\s*(?:;|$)/i;

const requireJson = createMiddleware<RouteEnv>(async (c, next) => {
  const type = c.req.header("content-type");
  const wantsBody = c.req.method === "POST" || c.req.method === "PATCH";
  if (wantsBody && type !== undefined && !BODY_TYPES.test(type)) {
    const detail = "Send the body as application/json (or application/merge-patch+json for PATCH).";
    return renderProblem(c, { code: "unsupported_media_type", detail });
  }
  return next();
});

function describe(routes: V1Routes, deps: Deps): void {
  routes.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  routes.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "countersign",
      version: "1",
      description: "Service accounts and a token service on the edge.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: deps.config.issuerUrl }],
    security: [{ bearer: [] }],
  });
}
