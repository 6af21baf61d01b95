import { and, eq, or } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import {
  accept,
  type BindingResource,
  comparedEmail,
  type MemberProblem,
  type PrincipalType,
  type Result,
  refuse,
} from "../../protocol/index.ts";
import { builtInRole, isPath } from "../../rbac/index.ts";
import { readBatch, schema } from "../../store/index.ts";
import { locateIdentityProvider, locateServiceAccount } from "../locate.ts";
import type { PrincipalInput, ResourceInput } from "./role_binding_input.ts";

/** What a binding's words mean in the database: each of these finds one, or says what is wrong with its member. */
type Found<Value> = Promise<Result<Value, MemberProblem>>;

/** Who a principal is. */
export interface FoundPrincipal {
  readonly principalType: PrincipalType;
  readonly principalId: string;
  readonly identityProviderId: string | null;
  /** The identity provider's, as it was found: its persons are told apart by it. */
  readonly issuer: string | null;
}

/** Whom a binding names, by his columns. */
export async function findPrincipal(
  deps: Deps,
  project: string,
  input: PrincipalInput,
): Found<FoundPrincipal> {
  switch (input.type) {
    case "service_account": {
      const pointer = "/principal/serviceAccount";
      const id = await findAccount(deps, { project, serviceAccount: input.serviceAccount }, pointer);
      if (!id.ok) return id;
      return accept({ principalType: "service_account", principalId: id.value, ...NO_PROVIDER });
    }
    case "workloads":
      return accept({ principalType: "workloads", principalId: input.issuer, ...NO_PROVIDER });
    case "group":
    case "person": {
      const provider = await findIdentityProvider(deps, input.identityProvider);
      return provider.ok ? accept({ ...nameOf(input), ...provider.value }) : provider;
    }
  }
}

const NO_PROVIDER = { identityProviderId: null, issuer: null };

function nameOf(input: Extract<PrincipalInput, { readonly type: "group" | "person" }>) {
  if (input.type === "group") return { principalType: "group", principalId: input.name } as const;
  if ("subject" in input) return { principalType: "person", principalId: input.subject } as const;
  return { principalType: "person_email", principalId: comparedEmail(input.email) } as const;
}

async function findIdentityProvider(
  deps: Deps,
  ref: string,
): Found<Pick<FoundPrincipal, "identityProviderId" | "issuer">> {
  const found = await locateIdentityProvider(deps, ref);
  if (found.ok) return accept({ identityProviderId: found.value.id, issuer: found.value.issuer });
  const detail = "There is no such identity provider; the operator registers them at /v1/identity-providers.";
  return refuse({ pointer: "/principal/identityProvider", code: "not_found", detail });
}

async function findAccount(
  deps: Deps,
  ref: { readonly project: string; readonly serviceAccount: string },
  pointer: string,
): Found<string> {
  const found = await locateServiceAccount(deps, ref);
  if (found.ok) return accept(found.value.id);
  return refuse({ pointer, code: "not_found", detail: "There is no such service account in this project." });
}

/** What a role's name means here: its permissions, and under which column it is stored. */
export interface FoundRole {
  readonly builtInRole: string | null;
  readonly roleId: string | null;
  readonly permissions: readonly string[];
}

/** A built-in role by its name, or one of the project's own by name or id. */
export async function findRole({ db }: Deps, projectId: string, name: string): Found<FoundRole> {
  const known = builtInRole(name);
  if (known !== undefined) return accept({ builtInRole: name, roleId: null, permissions: known.permissions });
  const { role } = schema;
  const isNamed = and(eq(role.projectId, projectId), or(eq(role.name, name), eq(role.id, name)));
  const [[row]] = await readBatch(db, [db.select().from(role).where(isNamed)]);
  if (row !== undefined) return accept({ builtInRole: null, roleId: row.id, permissions: row.permissions });
  const detail = "There is no such role here: GET …/roles lists the built-in ones and the project's own.";
  return refuse({ pointer: "/role", code: "not_found", detail });
}

/** Where a role is to be bound. */
export async function findResource(
  deps: Deps,
  projectId: string,
  input: ResourceInput = { type: "project" },
): Found<BindingResource> {
  switch (input.type) {
    case "project":
      return accept({ type: "project", id: projectId, path: "" });
    case "service_account": {
      const ref = { project: projectId, serviceAccount: input.serviceAccount };
      const id = await findAccount(deps, ref, "/resource/serviceAccount");
      return id.ok ? accept({ type: "service_account", id: id.value, path: "" }) : id;
    }
    case "resource_server": {
      const path = input.path ?? "";
      if (!isPath(path)) return refuse(PATH_INVALID);
      const id = await findResourceServer(deps, projectId, input.resourceServer);
      return id.ok ? accept({ type: "resource_server", id: id.value, path }) : id;
    }
  }
}

/** By id, audience or name. */
async function findResourceServer({ db }: Deps, projectId: string, ref: string): Found<string> {
  const { resourceServer: api } = schema;
  const isNamed = or(eq(api.id, ref), eq(api.audience, ref), eq(api.name, ref));
  const [rows] = await readBatch(db, [
    db
      .select({ id: api.id, name: api.name })
      .from(api)
      .where(and(eq(api.projectId, projectId), isNamed)),
  ]);
  // A name may look like another one's audience: what is no name comes first.
  const row = rows.find(({ name }) => name !== ref) ?? rows[0];
  if (row !== undefined) return accept(row.id);
  const detail = "There is no such resource server in this project.";
  return refuse({ pointer: "/resource/resourceServer", code: "not_found", detail });
}

const PATH_INVALID: MemberProblem = {
  pointer: "/resource/path",
  code: "invalid_path",
  detail:
    "Begin with a slash and use segments of letters, digits and . _ ~ @ : - such as /orders/eu, without a slash at the end.",
};
