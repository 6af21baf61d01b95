import { type HeldBinding, hasPassed, instantOf } from "../../protocol/index.ts";
import { ALL_OF_APIS, builtInRole, type Circumstances, covers, holds } from "../../rbac/index.ts";
import { principalOf, resourceOf, roleBindingItem } from "../bindings/role_binding_item.ts";
import type { RoleBindingRow } from "../locate.ts";
import { type AccessGround, IMPERSONATIONS_MAX, type ReviewedBinding } from "./access_ground.ts";

/** Rows of one page that are there by impersonation. */
const DERIVED_MAX = 1000;

/** Permissions that `*` is written out as, at most. */
const WRITTEN_OUT_MAX = 200;

export type AccessRow = ReturnType<typeof rowOf>;
type Holds = ReturnType<typeof holds>;

/** What lets somebody impersonate, and whether that holds now. */
interface ImpersonatedBy {
  readonly binding: RoleBindingRow;
  readonly holds: Holds;
}

/**
 * What bindings mean: a row for each, and after it one for everybody who reaches the same by impersonating its holder, one
 * step deep. Pure.
 */
export function accessRows(ground: AccessGround, circumstances: Circumstances): readonly AccessRow[] {
  const denials = Map.groupBy(ground.denials, principalKey);
  const isCut = ground.impersonations.length > IMPERSONATIONS_MAX;
  let left = DERIVED_MAX;
  return ground.bindings.flatMap((binding) => {
    const row = rowOf(ground, binding, circumstances);
    const derived: AccessRow[] = [];
    let truncated = isCut && isImpersonable(ground, binding, circumstances);
    for (const by of impersonationsOf(ground, binding, { denials, circumstances })) {
      truncated ||= left === 0;
      if (left === 0) break;
      left -= 1;
      const via = [by.binding.id, binding.id];
      const principal = principalIn(ground, by.binding, circumstances);
      derived.push({ ...row, ...principal, holds: least([row.holds, by.holds]), via });
    }
    return [{ ...row, truncated }, ...derived];
  });
}

/** Whether somebody might impersonate who holds it: an account that gets tokens now. */
function isImpersonable(ground: AccessGround, binding: RoleBindingRow, { now }: Circumstances): boolean {
  return binding.principalType === "service_account" && stateOf(ground, binding, now) === "active";
}

function* impersonationsOf(
  ground: AccessGround,
  binding: RoleBindingRow,
  given: {
    readonly denials: ReadonlyMap<string, readonly RoleBindingRow[]>;
    readonly circumstances: Circumstances;
  },
): Generator<ImpersonatedBy> {
  const { denials, circumstances } = given;
  if (!isImpersonable(ground, binding, circumstances)) return;
  const { projectId, principalId: serviceAccountId } = binding;
  const isOn = (one: RoleBindingRow) => covers(boundOf(one), { projectId, serviceAccountId });
  for (const one of ground.impersonations.slice(0, IMPERSONATIONS_MAX)) {
    const isSelf = one.principalType === "service_account" && one.principalId === serviceAccountId;
    if (isSelf || !isOn(one)) continue;
    const against = (denials.get(principalKey(one)) ?? []).filter(isOn);
    if (against.some(({ condition }) => condition === null)) continue;
    const denied = against.map(({ condition }) => REVERSED[holds(condition, circumstances)]);
    yield { binding: one, holds: least([holds(one.condition, circumstances), ...denied]) };
  }
}

/** A denial that applies lets nothing through, and the other way round. */
const REVERSED = { yes: "no", no: "yes", unknown: "unknown" } as const satisfies Record<Holds, Holds>;

function least(all: readonly Holds[]): Holds {
  if (all.includes("no")) return "no";
  return all.includes("unknown") ? "unknown" : "yes";
}

function boundOf(row: RoleBindingRow): Pick<HeldBinding, "projectId" | "resource"> {
  return { projectId: row.projectId, resource: resourceOf(row) };
}

/** Alike for bindings of one principal. */
function principalKey({
  principalType,
  identityProviderId,
  principalId,
  assertions,
}: RoleBindingRow): string {
  return JSON.stringify([principalType, identityProviderId, principalId, assertions]);
}

/** The row of a binding itself. */
function rowOf(ground: AccessGround, row: ReviewedBinding, circumstances: Circumstances) {
  const { condition, resource } = roleBindingItem(row);
  const via: readonly string[] = [];
  return {
    bindingId: row.id,
    effect: row.effect,
    ...principalIn(ground, row, circumstances),
    role: row.builtInRole ?? ground.roles.get(row.roleId ?? "")?.name ?? null,
    permissions: permissionsOf(ground, row),
    resourceType: resource.type,
    resourceId: resource.id,
    resourceName: resourceNameOf(ground, row),
    path: row.resourcePath,
    condition,
    holds: holds(row.condition, circumstances),
    via,
    truncated: false,
    createdAt: instantOf(row.createdAt),
    createdBy: row.createdBy,
  };
}

function principalIn(ground: AccessGround, row: RoleBindingRow, { now }: Circumstances) {
  return {
    principalType: principalOf(row).type,
    principalId: row.principalId,
    principalName: nameOf(ground, row),
    principalState: stateOf(ground, row, now),
  };
}

function nameOf(ground: AccessGround, row: RoleBindingRow): string | null {
  const { principalType, principalId, identityProviderId, assertions } = row;
  switch (principalType) {
    case "service_account":
      return mailbox(ground.accounts.get(principalId));
    case "workloads":
      return [principalId, ...(assertions ?? []).map(({ item, value }) => `${item}=${value}`)].join(" ");
    case "person":
    case "person_email":
    case "group":
      return `${ground.identityProviders.get(identityProviderId ?? "")?.name ?? ""}: ${principalId}`;
  }
}

/** Whether he can get a token now; of workloads nobody here knows. */
function stateOf(ground: AccessGround, row: RoleBindingRow, now: number): "active" | "disabled" | "expired" {
  const account = row.principalType === "service_account" ? ground.accounts.get(row.principalId) : undefined;
  const provider = ground.identityProviders.get(row.identityProviderId ?? "");
  if (account?.disabled || provider?.disabled) return "disabled";
  return hasPassed(account?.expiresAt ?? null, now) ? "expired" : "active";
}

function resourceNameOf({ project, accounts, apis }: AccessGround, row: RoleBindingRow): string | null {
  switch (row.resourceType) {
    case "project":
      return project.name;
    case "service_account":
      return mailbox(accounts.get(row.resourceId));
    case "resource_server": {
      const api = apis.get(row.resourceId);
      return api === undefined ? null : `${api.name} <${api.audience}>`;
    }
  }
}

/** As mail programs show both. */
function mailbox(account: { readonly name: string; readonly email: string } | undefined): string | null {
  return account === undefined ? null : `${account.name} <${account.email}>`;
}

/** What the role permits: `*` as the permissions of the APIs that it is bound on, unless these are too many. */
function permissionsOf(ground: AccessGround, row: RoleBindingRow): readonly string[] {
  const role = ground.roles.get(row.roleId ?? "") ?? builtInRole(row.builtInRole ?? "");
  const permissions = role?.permissions ?? [];
  if (!permissions.includes(ALL_OF_APIS)) return permissions;
  const covered = coveredBy(ground, row);
  if (covered.length > WRITTEN_OUT_MAX) return permissions;
  return [...new Set([...permissions.filter((one) => one !== ALL_OF_APIS), ...covered])];
}

/** An account uses APIs, but none lies below it. */
function coveredBy({ apis, apiPermissions }: AccessGround, row: RoleBindingRow): readonly string[] {
  switch (row.resourceType) {
    case "project":
      return apiPermissions;
    case "service_account":
      return [];
    case "resource_server":
      return apis.get(row.resourceId)?.permissions ?? [];
  }
}
