/** Who may do what in a large project: 10,000 role bindings, 200 of each account that is measured. */
import { idOf, PROJECT } from "./seed.ts";

/** What every API knows: of the same name at each, so that a binding elsewhere is not told by its role. */
export const PERMISSIONS = ["orders", "invoices", "shipments", "returns"].flatMap((kind) =>
  ["read", "create", "update"].map((verb) => `${kind}:${verb}`),
);
const GRANTED_COUNT = 9;
/** What an account that is measured holds on the first API, by one binding or by many. */
export const GRANTED = PERMISSIONS.slice(0, GRANTED_COUNT);
const WITHHELD = PERMISSIONS.slice(GRANTED_COUNT);

export const APIS = 10;
/** The limit is 500. */
const BINDINGS_PER_ACCOUNT = 200;
/** Of 20 accounts the 200 come to 4000; these are everybody else's. */
const OTHER_BINDINGS = 6000;

/** Of the project's own roles by number: the first gives what is granted, the last what is not. */
const CALLER = 0;
const [WITHIN, ANY, NONE] = [1, 11, 20] as const;
export const ROLES = 21;
const ROLE_SIZE = 5;
/** All within `editor`, which is what an account holds that wants a token for us. */
const BUILT_IN = ["viewer", "auditor", "service-account-admin", "federation-admin", "key-admin"] as const;

export interface Holders {
  /** Of the workloads that some bindings are of. */
  readonly issuer: string;
  readonly accounts: number;
  /** Those that are measured, spread evenly. */
  readonly activeAccounts: number;
  /** On what the binding is that grants: a role of the project's own on the API, or `editor` on the project. */
  readonly on: "api" | "project";
  /** That binding alone, or 10,000 with it of which 200 are each active account's. */
  readonly bindings: "one" | "many";
}

type Principal = readonly [type: string, id: string];
type Resource = readonly [type: string, id: string, path: string];

export interface Binding {
  readonly principal: Principal;
  /** A built-in one's name, or the number of one of the project's own. */
  readonly role: string | number;
  readonly resource: Resource;
  readonly isDeny?: boolean;
  readonly condition?: object | undefined;
}

/** What the project's own role of this number permits. */
export function permissionsOf(role: number): readonly string[] {
  if (role === CALLER) return GRANTED;
  if (role === NONE) return WITHHELD;
  const from = role < ANY ? GRANTED : PERMISSIONS;
  return Array.from({ length: ROLE_SIZE }, (_, index) => from[(role + index) % from.length] as string);
}

/** In the order of their making: those of an account were made between everybody else's. */
export function bindingsOf(holders: Holders): readonly Binding[] {
  const { accounts, activeAccounts, on, bindings } = holders;
  const stride = accounts / activeAccounts;
  const active = Array.from({ length: activeAccounts }, (_, index) => Math.floor(index * stride));
  const grants = active.map((account) => grantTo(account, on));
  if (bindings === "one") return grants;
  const perStep = OTHER_BINDINGS / BINDINGS_PER_ACCOUNT;
  const steps = Array.from({ length: BINDINGS_PER_ACCOUNT }, (_, step) => [
    ...(step === 0 ? grants : active.map((account) => oneOfMany(holders, account, step))),
    ...Array.from({ length: perStep }, (_, index) => ofAnother(holders, step * perStep + index)),
  ]);
  return steps.flat();
}

function grantTo(account: number, on: Holders["on"]): Binding {
  const principal = ofAccount(account);
  if (on === "project") return { principal, role: "editor", resource: ON_PROJECT };
  return { principal, role: CALLER, resource: onApi(0) };
}

/** Nine on the project, thirty on the first API and below it, the rest on other APIs and on other accounts. */
function oneOfMany({ accounts }: Holders, account: number, step: number): Binding {
  const isDeny = DENIED_AT.includes(step);
  const binding = { principal: ofAccount(account), isDeny, condition: conditionOf(step) };
  const builtIn = BUILT_IN[step % BUILT_IN.length] as string;
  const path = `/tenants/${step}`;
  if (step < 10) return { ...binding, role: step % 2 === 0 ? builtIn : WITHIN + step, resource: ON_PROJECT };
  if (step < 40) {
    const role = isDeny ? NONE : WITHIN + (step % (ANY - WITHIN));
    return { ...binding, role, resource: onApi(0, step % 3 === 0 ? "" : path) };
  }
  if (step < 150) {
    const resource = onApi(1 + (step % (APIS - 1)), step % 2 === 0 ? "" : path);
    return { ...binding, role: ANY + (step % (NONE - ANY)), resource };
  }
  // Ten accounts, so that what is denied on one is allowed there by another role.
  const other = (account + 1 + (Math.floor(step / BUILT_IN.length) % 10)) % accounts;
  return { ...binding, role: builtIn, resource: onAccount(other) };
}

/** Steps at which a role is taken away: below the first API what nothing gives, on other APIs, on other accounts. */
const DENIED_AT: readonly number[] = [38, 47, 90, 135, 155, 176, 195];

/** Accounts that nobody measures, persons, groups and workloads, on everything that there is. */
function ofAnother({ accounts, issuer }: Holders, index: number): Binding {
  const other = (index * 5 + 1 + (index % 4)) % accounts;
  const sixth = Math.floor(index / 6);
  const workloadsOf = sixth % 100 === 0 ? issuer : `https://issuer-${sixth % 20}.bench.example`;
  const principals: readonly Principal[] = [
    ...[ofAccount(other), ofAccount(other), ["person", `sub-${index % 700}`] as const],
    ...[["person_email", `person-${index % 300}@bench.example`] as const],
    ...[["group", `team-${index % 40}`] as const, ["workloads", workloadsOf] as const],
  ];
  const resources = [onApi(0), ON_PROJECT, onApi(index % APIS, `/tenants/${index % 100}`), onAccount(other)];
  return {
    principal: principals[index % principals.length] as Principal,
    role: index % 5 < 2 ? (BUILT_IN[index % BUILT_IN.length] as string) : WITHIN + (index % (NONE - WITHIN)),
    resource: resources[sixth % resources.length] as Resource,
    condition: conditionOf(index),
  };
}

const DAY_SECONDS = 24 * 3600;
const CONDITIONS: readonly ((now: number) => object)[] = [
  () => ({
    schedule: {
      weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"],
      from: "06:00",
      until: "20:00",
      timeZone: "Europe/Berlin",
    },
  }),
  (now) => ({ notBefore: now - DAY_SECONDS, notAfter: now + 90 * DAY_SECONDS }),
  () => ({ ipRanges: ["203.0.113.0/24", "2001:db8::/32"] }),
];

/** Every tenth has one; two of those that concern the first API know hours. */
function conditionOf(step: number): object | undefined {
  if (step % 10 !== 5) return undefined;
  return CONDITIONS[Math.floor(step / 10) % CONDITIONS.length]?.(Math.floor(Date.now() / 1000));
}

const ON_PROJECT: Resource = ["project", PROJECT, ""];

function onApi(index: number, path = ""): Resource {
  return ["resource_server", idOf("resourceServer", index), path];
}

function onAccount(account: number): Resource {
  return ["service_account", idOf("account", account), ""];
}

function ofAccount(account: number): Principal {
  return ["service_account", idOf("account", account)];
}
