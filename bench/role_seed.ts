/** APIs, roles and role bindings of the first project, written by SQL. */
import {
  APIS,
  type Binding,
  bindingsOf,
  type Holders,
  PERMISSIONS,
  permissionsOf,
  ROLES,
} from "./role_bindings.ts";
import { type D1, idOf, PROJECT } from "./seed.ts";

const ROWS_PER_STATEMENT = 1000;

const INSERT_IDENTITY_PROVIDER = `INSERT INTO identity_provider
  (id, name, issuer, audience, mapping, created_at, updated_at)
  VALUES (?1, 'staff', 'https://staff.bench.example', 'bench', '{}', ?2, ?2)`;
const INSERT_API = `INSERT INTO resource_server
  (id, project_id, name, audience, service_account_id, permissions, created_at, updated_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)`;
const INSERT_ROLE = `INSERT INTO role (id, project_id, name, permissions, created_at, updated_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?5)`;
const VALUES = Array.from({ length: 12 }, (_, index) => `json_extract(value, '$[${index}]')`).join(", ");
const INSERT_BINDINGS = `INSERT INTO role_binding (project_id, created_at, updated_at, id, principal_type, principal_id,
  identity_provider_id, assertions, built_in_role, role_id, effect, resource_type, resource_id, resource_path, condition)
  SELECT ?2, ?3, ?3, ${VALUES} FROM json_each(?1)`;

export function apiAudience(index: number): string {
  return `https://api-${index}.bench.example`;
}

/** The accounts are there already. API number n asks us as account number n. */
export async function seedRoles(d1: D1, holders: Holders): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const apis = Array.from({ length: holders.bindings === "many" ? APIS : 1 }, (_, index) => apiRow(index));
  const roles = Array.from({ length: ROLES }, (_, index) => roleRow(index));
  await d1.batch([
    d1.prepare(INSERT_IDENTITY_PROVIDER).bind(idOf("identityProvider", 0), now),
    ...apis.map((row) => d1.prepare(INSERT_API).bind(...row, now)),
    ...roles.map((row) => d1.prepare(INSERT_ROLE).bind(...row, now)),
  ]);
  const rows = bindingsOf(holders).map(bindingRow);
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const some = JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT));
    await d1.prepare(INSERT_BINDINGS).bind(some, PROJECT, now).run();
  }
}

function apiRow(index: number) {
  const permissions = PERMISSIONS.map((name) => ({ name, description: `May do ${name}.` }));
  const names = [`api-${index}`, apiAudience(index), idOf("account", index)];
  return [idOf("resourceServer", index), PROJECT, ...names, JSON.stringify(permissions)];
}

function roleRow(index: number) {
  return [idOf("role", index), PROJECT, `role-${index}`, JSON.stringify(permissionsOf(index))];
}

/** Of no workload that is measured. */
const ASSERTIONS = JSON.stringify([{ item: "repository_id", operator: "equals", value: "1" }]);
const OF_PERSONS = ["person", "person_email", "group"];

function bindingRow({ principal, role, resource, isDeny, condition }: Binding, index: number) {
  const [type] = principal;
  const vouchedBy = OF_PERSONS.includes(type) ? idOf("identityProvider", 0) : null;
  const assertions = type === "workloads" ? ASSERTIONS : null;
  const roleColumns = typeof role === "string" ? [role, null] : [null, idOf("role", role)];
  const when = condition === undefined ? null : JSON.stringify(condition);
  const effect = isDeny ? "deny" : "allow";
  return [
    idOf("roleBinding", index),
    ...principal,
    vouchedBy,
    assertions,
    ...roleColumns,
    effect,
    ...resource,
    when,
  ];
}
