/** OpenID AuthZEN's dialect: one question or many in, decisions out. Adds no rule of its own. */
export { accessRoutes } from "./routes.ts";
