import type { TestProject } from "vitest/node";
import { startForeignIssuer } from "./foreign_issuer.ts";
import { startHranaServer } from "./hrana_server.ts";
import "./provided.ts";

/** Starts what tests inside workerd can only reach over HTTP. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const issuer = await startForeignIssuer();
  const steeredIssuer = await startForeignIssuer();
  const hrana = process.env.LIBSQL_TEST_URL === undefined ? await startHranaServer() : undefined;
  project.provide("foreignIssuer", issuer.issuer);
  project.provide("steeredIssuer", steeredIssuer.issuer);
  project.provide("libsqlUrl", hrana?.url ?? process.env.LIBSQL_TEST_URL ?? "");
  return async () => {
    await issuer.close();
    await steeredIssuer.close();
    await hrana?.close();
  };
}
