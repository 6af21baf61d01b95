import { describe, expect, it } from "vitest";
import { commitRefusal } from "../../src/audit/index.ts";
import type { Context } from "../../src/deps.ts";
import * as directory from "../../src/directory/index.ts";
import type { At } from "./driver.ts";
import { accepted, contextOn, freshName, givenTrust } from "./given.ts";

type Ground = Awaited<ReturnType<typeof givenTrust>>;
type Row = readonly [permission: string, call: (context: Context, ground: Ground) => Promise<unknown>];

const page = { pageSize: 1 };
const ref = ({ project, account }: Ground) => ({ project: project.id, serviceAccount: account.id });
const trust = {
  name: "t",
  issuer: "https://ci.example.com",
  assertions: [{ item: "sub", operator: "equals", value: "a" }],
} as const;

const api = { name: "api", audience: "https://api.example.com" };

/** Id of a resource server, registered by one who may. */
async function givenApi(context: Context, { project }: Ground): Promise<string> {
  const operator = { ...context, actor: { type: "bootstrap" } } as const;
  return accepted(await directory.createResourceServer(operator, project.id, api)).item.id;
}

const pair = { algorithm: "ED25519" } as const;
const operator = (context: Context): Context => ({ ...context, actor: { type: "bootstrap" } });

async function givenKey(context: Context, ground: Ground): Promise<string> {
  return accepted(await directory.createKey(operator(context), ref(ground), pair)).item.id;
}

async function givenToken(context: Context, ground: Ground): Promise<string> {
  return accepted(await directory.createProjectToken(operator(context), ref(ground), { name: "t" })).item.id;
}

async function tokenRef(context: Context, ground: Ground) {
  return { ...ref(ground), id: await givenToken(context, ground) };
}

const idp = (issuer: string) => ({ name: freshName(), issuer, audience: "countersign" });

async function givenIdp(context: Context): Promise<string> {
  const input = idp(`https://${freshName()}.example.com`);
  return accepted(await directory.createIdentityProvider(operator(context), input)).item.id;
}

async function givenRevocation(context: Context, projectId: string): Promise<string> {
  const made = accepted(await directory.createRevocation(operator(context), projectId, { all: true }));
  return made.dryRun ? "" : made.id;
}

/** Of a refused attempt on the account. */
async function givenReceipt(context: Context, { project, account }: Ground): Promise<string> {
  const event = {
    action: "access_token.exchange",
    target: { type: "access_token" },
    projectId: project.id,
    serviceAccountId: account.id,
    reason: "token_malformed",
    exchange: { receipt: {} },
  } as const;
  return commitRefusal(operator(context), event, "forged");
}

const role = { name: "reader", permissions: ["projects:read"] };

async function roleRef(context: Context, { project }: Ground) {
  const made = accepted(await directory.createRole(operator(context), project.id, role));
  return { project: project.id, id: made.item.id };
}

const binding = ({ account }: Ground) => ({
  principal: { type: "service_account", serviceAccount: account.id } as const,
  role: "viewer",
});

async function bindingRef(context: Context, ground: Ground) {
  const { id: project } = ground.project;
  const made = await directory.createRoleBinding(operator(context), project, binding(ground));
  return { project, id: accepted(made).item.id };
}

/** Every verb of the directory, and the permission that it asks for. */
const VERBS: readonly Row[] = [
  ["projects:create", (context) => directory.createProject(context, { name: "never" })],
  ["projects:list", (context) => directory.listProjects(context, page)],
  ["projects:read", (context, { project }) => directory.getProject(context, project.id)],
  ["projects:update", (context, { project }) => directory.updateProject(context, project.id, { change: {} })],
  ["projects:delete", (context, { project }) => directory.deleteProject(context, project.id, undefined)],
  [
    "service-accounts:create",
    (context, { project }) => directory.createServiceAccount(context, project.id, { name: "never" }),
  ],
  [
    "service-accounts:read",
    (context, { project, account }) =>
      directory.getServiceAccount(context, { project: project.id, serviceAccount: account.id }),
  ],
  [
    "service-accounts:read",
    (context, { project }) => directory.listServiceAccounts(context, project.id, page),
  ],
  [
    "service-accounts:update",
    (context, { project, account }) =>
      directory.updateServiceAccount(
        context,
        { project: project.id, serviceAccount: account.id },
        { change: {} },
      ),
  ],
  [
    "service-accounts:delete",
    (context, { project, account }) =>
      directory.deleteServiceAccount(
        context,
        { project: project.id, serviceAccount: account.id },
        { ifMatch: undefined },
      ),
  ],
  [
    "federated-identity-providers:create",
    (context, ground) => directory.createProvider(context, ref(ground), trust),
  ],
  [
    "federated-identity-providers:read",
    (context, ground) => directory.getProvider(context, { ...ref(ground), id: ground.provider.id }),
  ],
  [
    "federated-identity-providers:read",
    (context, ground) => directory.listProviders(context, ref(ground), page),
  ],
  [
    "federated-identity-providers:update",
    (context, ground) =>
      directory.updateProvider(context, { ...ref(ground), id: ground.provider.id }, { change: {} }),
  ],
  [
    "federated-identity-providers:delete",
    (context, ground) =>
      directory.deleteProvider(context, { ...ref(ground), id: ground.provider.id }, undefined),
  ],
  [
    "federated-identity-providers:purge-keys",
    (context, ground) => directory.purgeProviderKeys(context, { ...ref(ground), id: ground.provider.id }),
  ],
  [
    "federated-identity-providers:read",
    (context, ground) =>
      directory.simulateProvider(
        context,
        { ...ref(ground), id: ground.provider.id },
        { change: {}, days: 1 },
      ),
  ],
  [
    "federated-identity-providers:read",
    (context, { project }) => directory.listIssuers(context, project.id, page),
  ],
  [
    "service-accounts:read",
    (context, { project }) => directory.listReceipts(context, project.id, { filter: {}, page }),
  ],
  [
    "service-accounts:read",
    async (context, ground) => directory.getReceipt(context, await givenReceipt(context, ground)),
  ],
  ["service-account-keys:create", (context, ground) => directory.createKey(context, ref(ground), pair)],
  [
    "service-account-keys:read",
    async (context, ground) =>
      directory.getKey(context, { ...ref(ground), id: await givenKey(context, ground) }),
  ],
  ["service-account-keys:read", (context, ground) => directory.listKeys(context, ref(ground), page)],
  [
    "service-account-keys:update",
    async (context, ground) =>
      directory.updateKey(context, { ...ref(ground), id: await givenKey(context, ground) }, { change: {} }),
  ],
  [
    "service-account-keys:delete",
    async (context, ground) =>
      directory.deleteKey(context, { ...ref(ground), id: await givenKey(context, ground) }, undefined),
  ],
  [
    "project-tokens:create",
    (context, ground) => directory.createProjectToken(context, ref(ground), { name: "t" }),
  ],
  [
    "project-tokens:read",
    async (context, ground) =>
      directory.getProjectToken(context, { ...ref(ground), id: await givenToken(context, ground) }),
  ],
  ["project-tokens:read", (context, ground) => directory.listProjectTokens(context, ref(ground), page)],
  [
    "project-tokens:update",
    async (context, ground) =>
      directory.updateProjectToken(context, await tokenRef(context, ground), { change: {} }),
  ],
  [
    "project-tokens:regenerate",
    async (context, ground) =>
      directory.regenerateProjectToken(context, await tokenRef(context, ground), undefined),
  ],
  [
    "project-tokens:delete",
    async (context, ground) =>
      directory.deleteProjectToken(context, await tokenRef(context, ground), undefined),
  ],
  [
    "revocations:create",
    (context, { project }) => directory.createRevocation(context, project.id, { all: true }),
  ],
  [
    "revocations:read",
    async (context, { project }) =>
      directory.getRevocation(context, {
        project: project.id,
        id: await givenRevocation(context, project.id),
      }),
  ],
  ["revocations:read", (context, { project }) => directory.listRevocations(context, project.id, page)],
  [
    "identity-providers:create",
    (context) => directory.createIdentityProvider(context, idp("https://never.example.com")),
  ],
  [
    "identity-providers:read",
    async (context) => directory.getIdentityProvider(context, await givenIdp(context)),
  ],
  ["identity-providers:read", (context) => directory.listIdentityProviders(context, page)],
  [
    "identity-providers:update",
    async (context) => directory.updateIdentityProvider(context, await givenIdp(context), { change: {} }),
  ],
  [
    "identity-providers:delete",
    async (context) =>
      directory.deleteIdentityProvider(context, await givenIdp(context), { ifMatch: undefined }),
  ],
  ["leaked-credentials:report", (context) => directory.reportLeaked(context, ["x"])],
  [
    "resource-servers:create",
    (context, { project }) => directory.createResourceServer(context, project.id, api),
  ],
  [
    "resource-servers:read",
    async (context, ground) =>
      directory.getResourceServer(context, {
        project: ground.project.id,
        id: await givenApi(context, ground),
      }),
  ],
  [
    "resource-servers:read",
    (context, { project }) => directory.listResourceServers(context, project.id, page),
  ],
  [
    "resource-servers:update",
    async (context, ground) =>
      directory.updateResourceServer(
        context,
        { project: ground.project.id, id: await givenApi(context, ground) },
        { change: {} },
      ),
  ],
  [
    "resource-servers:delete",
    async (context, ground) =>
      directory.deleteResourceServer(
        context,
        { project: ground.project.id, id: await givenApi(context, ground) },
        { ifMatch: undefined },
      ),
  ],
  ["roles:create", (context, { project }) => directory.createRole(context, project.id, role)],
  ["roles:read", async (context, ground) => directory.getRole(context, await roleRef(context, ground))],
  ["roles:read", (context, { project }) => directory.listRoles(context, project.id, page)],
  [
    "roles:update",
    async (context, ground) => directory.updateRole(context, await roleRef(context, ground), { change: {} }),
  ],
  [
    "roles:delete",
    async (context, ground) =>
      directory.deleteRole(context, await roleRef(context, ground), { ifMatch: undefined }),
  ],
  [
    "role-bindings:create",
    (context, ground) => directory.createRoleBinding(context, ground.project.id, binding(ground)),
  ],
  [
    "role-bindings:read",
    async (context, ground) => directory.getRoleBinding(context, await bindingRef(context, ground)),
  ],
  ["role-bindings:read", (context, { project }) => directory.listRoleBindings(context, project.id, page)],
  ["role-bindings:read", (context, { project }) => directory.listMembers(context, project.id, page)],
  ["access-reviews:read", (context, { project }) => directory.listAccess(context, project.id, page)],
  [
    "access-reviews:read",
    (context, { project }) => directory.listUnused(context, project.id, { ...page, days: 90 }),
  ],
  ["access-reviews:read", (context, { project }) => directory.listUnowned(context, project.id, page)],
  [
    "role-bindings:update",
    async (context, ground) =>
      directory.updateRoleBinding(context, await bindingRef(context, ground), { change: {} }),
  ],
  [
    "role-bindings:delete",
    async (context, ground) =>
      directory.deleteRoleBinding(context, await bindingRef(context, ground), { ifMatch: undefined }),
  ],
  [
    "audit-events:read",
    (context, { project }) => directory.listProjectAuditEvents(context, project.id, { filter: {}, page }),
  ],
  ["audit-events:list", (context) => directory.listServiceAuditEvents(context, {}, page)],
  ["signing-keys:read", (context) => directory.getSigningKeys(context)],
  ["signing-keys:rotate", (context) => directory.rotateSigningKeys(context)],
];

export function permissionRows(at: At): void {
  describe("a verb asks for its permission, and an actor without it gets nothing", () => {
    it("names every verb of the directory", () => {
      const verbs = Object.keys(directory).filter((name) =>
        /^(?:create|get|list|update|rename|regenerate|delete|purge|rotate|report|simulate)/.test(name),
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
