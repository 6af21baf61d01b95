/** OpenID AuthZEN's dialect: one question or many in, decisions out. Adds no rule of its own. */
export { authzenRoutes } from "./routes.ts";
