import { sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import type { Statement } from "../../store/index.ts";
import { revokeAccessTokens } from "../../tokens/index.ts";
import type { RoleBindingRow, RoleRow } from "../locate.ts";

/**
 * The tokens that a denial has to end where it is new, or holds at other times. A token does not keep which groups,
 * e-mail or claims its bearer showed, so nobody could hold the denial against it later: those who are not meant get
 * another one.
 */
export function endDenied(context: Context, row: RoleBindingRow): readonly Statement[] {
  const { effect, principalType, principalId, projectId, identityProviderId } = row;
  if (effect !== "deny") return [];
  switch (principalType) {
    case "group":
    case "person_email": {
      const isPersons = sql`access_token.project_id = ${projectId}
        AND access_token.identity_provider_id = ${identityProviderId}`;
      return [revokeAccessTokens(context, isPersons, null)];
    }
    case "workloads": {
      const isWorkloads = sql`access_token.project_id = ${projectId}
        AND access_token.federated_identity_provider_id IN (SELECT t.id FROM federated_identity_provider t
          WHERE t.project_id = ${projectId} AND t.issuer = ${principalId})`;
      return [revokeAccessTokens(context, isWorkloads, null)];
    }
    default:
      return [];
  }
}

/** As `endDenied`, of all that a role denies to somebody, where it comes to hold other permissions. */
export function endDeniedByRole(context: Context, { id, projectId }: RoleRow): Statement {
  const denials = sql`FROM role_binding d WHERE d.role_id = ${id} AND d.project_id = ${projectId} AND d.effect = 'deny'`;
  const isMeant = sql`access_token.project_id = ${projectId} AND (
    access_token.identity_provider_id IN (SELECT d.identity_provider_id ${denials}
      AND d.principal_type IN ('group', 'person_email'))
    OR access_token.federated_identity_provider_id IN (SELECT t.id FROM federated_identity_provider t
      WHERE t.project_id = ${projectId} AND t.issuer IN (SELECT d.principal_id ${denials}
        AND d.principal_type = 'workloads')))`;
  return revokeAccessTokens(context, isMeant, null);
}
