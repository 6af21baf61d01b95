/** Our own dialect: camelCase JSON, problem details, OpenAPI made from the schemas that validate. */
export { v1Routes } from "./routes.ts";
