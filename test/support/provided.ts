declare module "vitest" {
  interface ProvidedContext {
    /** Issuer URL of a running oidc-provider; it signs for every file, so nobody changes how it behaves. */
    foreignIssuer: string;
    /** Another one, for the only test file that counts its requests, rotates its keys or takes it down. */
    steeredIssuer: string;
    /** A libSQL server over HTTP, for the store suite alone; `LIBSQL_TEST_URL` puts a real one in its place. */
    libsqlUrl: string;
  }
}

export {};
