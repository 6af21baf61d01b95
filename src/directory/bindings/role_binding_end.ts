import { sql } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import type { Statement } from "../../store/index.ts";
import { revokeAccessTokens } from "../../tokens/index.ts";
import type { RoleBindingRow } from "../locate.ts";

/**
 * The tokens that a new denial has to end. A token does not keep which groups, e-mail or claims its bearer showed, so
 * nobody could hold the denial against it later: those who are not meant get another one.
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
