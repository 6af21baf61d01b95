import { describe, expect, it } from "vitest";
import type { Context } from "../../src/deps.ts";
import * as directory from "../../src/directory/index.ts";
import type { At } from "./driver.ts";
import { contextOn, givenTrust } from "./given.ts";

type Ground = Awaited<ReturnType<typeof givenTrust>>;
type Row = readonly [permission: string, call: (context: Context, ground: Ground) => Promise<unknown>];

const page = { pageSize: 1 };
const ref = ({ project, account }: Ground) => ({ project: project.id, serviceAccount: account.id });
const trust = {
  name: "t",
  issuer: "https://ci.example.com",
  assertions: [{ item: "sub", operator: "equals", value: "a" }],
} as const;

/** Every verb of the directory, and the permission that it asks for. */
const VERBS: readonly Row[] = [
  ["projects:create", (context) => directory.createProject(context, { name: "never" })],
  ["projects:list", (context) => directory.listProjects(context, page)],
  ["projects:read", (context, { project }) => directory.getProject(context, project.id)],
  ["projects:update", (context, { project }) => directory.updateProject(context, project.id, {}, undefined)],
  ["projects:delete", (context, { project }) => directory.deleteProject(context, project.id, undefined)],
  [
    "service-accounts:create",
    (context, { project }) => directory.createServiceAccount(context, project.id, { name: "never" }),
  ],
  [
    "service-accounts:read",
    (context, { project, account }) => directory.getServiceAccount(context, project.id, account.id),
  ],
  [
    "service-accounts:read",
    (context, { project }) => directory.listServiceAccounts(context, project.id, page),
  ],
  [
    "service-accounts:update",
    (context, { project, account }) =>
      directory.updateServiceAccount(context, project.id, account.id, {}, undefined),
  ],
  [
    "service-accounts:delete",
    (context, { project, account }) =>
      directory.deleteServiceAccount(context, project.id, account.id, undefined),
  ],
  [
    "federated-identity-providers:create",
    (context, ground) => directory.createProvider(context, ref(ground), trust),
  ],
  [
    "federated-identity-providers:read",
    (context, ground) => directory.getProvider(context, ref(ground), ground.provider.id),
  ],
  [
    "federated-identity-providers:read",
    (context, ground) => directory.listProviders(context, ref(ground), page),
  ],
  [
    "federated-identity-providers:update",
    (context, ground) => directory.updateProvider(context, ref(ground), ground.provider.id, {}, undefined),
  ],
  [
    "federated-identity-providers:delete",
    (context, ground) => directory.deleteProvider(context, ref(ground), ground.provider.id, undefined),
  ],
  [
    "federated-identity-providers:purge-keys",
    (context, ground) => directory.purgeProviderKeys(context, ref(ground), ground.provider.id),
  ],
  [
    "audit-events:read",
    (context, { project }) => directory.listProjectAuditEvents(context, project.id, {}, page),
  ],
  ["audit-events:list", (context) => directory.listServiceAuditEvents(context, {}, page)],
  ["signing-keys:read", (context) => directory.getSigningKeys(context)],
  ["signing-keys:rotate", (context) => directory.rotateSigningKeys(context)],
];

export function permissionRows(at: At): void {
  describe("a verb asks for its permission, and an actor without it gets nothing", () => {
    it("names every verb of the directory", () => {
      const verbs = Object.keys(directory).filter((name) =>
        /^(?:create|get|list|update|delete|purge|rotate)/.test(name),
      );
      expect(VERBS.length).toBe(verbs.length);
    });

    it.each(VERBS)("%s", async (permission, call) => {
      const ground = await givenTrust(contextOn(at().db));
      const actor = { type: "workload", issuer: "https://ci.example.com", subject: "job" } as const;
      const verdict = await call({ ...contextOn(at().db), actor }, ground);
      const detail = expect.stringContaining(`The permission ${permission} on `);
      expect(verdict).toMatchObject({ ok: false, refusal: { code: "permission_denied", detail } });
    });
  });
}
