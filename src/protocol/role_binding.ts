import type { ClaimAssertion } from "./trust.ts";

/** On what a role is bound: a project with all that it holds, one service account with what is its, or one API. */
export type BindingResourceType = "project" | "service_account" | "resource_server";

/** `path` is below a resource server, such as `/orders/eu`; empty for all of it. */
export interface BindingResource {
  readonly type: BindingResourceType;
  readonly id: string;
  readonly path: string;
}

/** Who holds a role. `person_email` is a person whom nobody knows the `sub` of. */
export type PrincipalType = "service_account" | "person" | "person_email" | "group" | "workloads";

export type BindingEffect = "allow" | "deny";

export const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Hours of certain weekdays, by the clock of one time zone; an end before its begin reaches over midnight. */
export interface Schedule {
  readonly weekdays: readonly Weekday[];
  /** `HH:MM`, inside. */
  readonly from: string;
  /** `HH:MM`, outside; `24:00` is the end of the day. */
  readonly until: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/** When a binding holds: all that is there must. Instants are integer seconds since the epoch. */
export interface BindingCondition {
  /** Inside. */
  readonly notBefore?: number | undefined;
  /** Outside. */
  readonly notAfter?: number | undefined;
  readonly schedule?: Schedule | undefined;
  /** CIDR blocks or addresses; the caller's must lie in one of them. */
  readonly ipRanges?: readonly string[] | undefined;
}

/** A role binding as a decision sees it: its role resolved to what the role permits now. */
export interface HeldBinding {
  readonly id: string;
  readonly projectId: string;
  readonly principalType: PrincipalType;
  readonly principalId: string;
  /** `deny` wins over every `allow`. */
  readonly effect: BindingEffect;
  readonly permissions: readonly string[];
  readonly resource: BindingResource;
  readonly condition: BindingCondition | null;
  /** Of workloads: what must hold of the token that was presented. */
  readonly assertions: readonly ClaimAssertion[] | null;
}

/** A permission that an API knows: a scope token and what it allows. */
export interface ApiPermission {
  readonly name: string;
  readonly description: string;
}
