declare module "vitest" {
  interface ProvidedContext {
    /** Issuer URL of a running oidc-provider; tests steer it below `/__control/`. */
    foreignIssuer: string;
    /** A libSQL server over HTTP, for the store suite alone; `LIBSQL_TEST_URL` puts a real one in its place. */
    libsqlUrl: string;
  }
}

export {};
