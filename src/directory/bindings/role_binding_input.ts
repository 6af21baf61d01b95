import type { BindingCondition, BindingEffect, ClaimAssertion } from "../../protocol/index.ts";

/** Who gets a role, as a caller names him. */
export type PrincipalInput =
  | { readonly type: "service_account"; readonly serviceAccount: string }
  | { readonly type: "person"; readonly identityProvider: string; readonly subject: string }
  | { readonly type: "person"; readonly identityProvider: string; readonly email: string }
  | { readonly type: "group"; readonly identityProvider: string; readonly name: string }
  | { readonly type: "workloads"; readonly issuer: string; readonly assertions: readonly ClaimAssertion[] };

/** On what; the project itself where nothing is said. */
export type ResourceInput =
  | { readonly type: "project" }
  | { readonly type: "service_account"; readonly serviceAccount: string }
  | {
      readonly type: "resource_server";
      readonly resourceServer: string;
      readonly path?: string | undefined;
    };

/** A role binding as a caller describes it. */
export interface RoleBindingInput {
  readonly principal: PrincipalInput;
  /** A built-in role's name, or the name or id of one of the project's own. */
  readonly role: string;
  readonly resource?: ResourceInput | undefined;
  readonly effect?: BindingEffect | undefined;
  readonly condition?: BindingCondition | undefined;
  readonly description?: string | undefined;
}

/** A merge patch on a condition: null takes a part away. */
export type BindingConditionChange = {
  readonly [Part in keyof BindingCondition]: BindingCondition[Part] | null;
};

/** A merge patch; who, what and on what never change: that is another binding. @see RFC 7396 */
export interface RoleBindingChange {
  readonly condition?: BindingConditionChange | null | undefined;
  readonly description?: string | null | undefined;
}
