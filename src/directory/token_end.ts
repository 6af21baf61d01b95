import { sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import { type Statement, schema } from "../store/index.ts";
import { revokeAccessTokens, revokeProjectTokens, revokeTokensOf } from "../tokens/index.ts";

const { accessToken, projectToken } = schema;

/** One token of ours, and whose it is. */
export interface OneToken {
  readonly type: "access_token" | "project_token";
  readonly id: string;
  readonly projectId: string;
  readonly serviceAccountId: string;
  /** Of a project token: the one that is made anew meanwhile is another and stays. */
  readonly tokenSha256: string;
}

/** What a commit needs to end something; the guard matches nothing where it has ended already. */
export interface End {
  readonly before: readonly Statement[];
  readonly guarded: Statement;
}

/** Ends one token and what was got by it. */
export function endOfToken(context: Context, { type, id, tokenSha256, ...place }: OneToken): End {
  const { projectId, serviceAccountId } = place;
  switch (type) {
    case "access_token": {
      const isThis = sql`${accessToken.projectId} = ${projectId} AND ${accessToken.jti} = ${id}`;
      return { before: [], guarded: revokeAccessTokens(context, isThis, null) };
    }
    case "project_token": {
      const isThis = sql`${projectToken.projectId} = ${projectId} AND ${projectToken.id} = ${id}
        AND ${projectToken.tokenSha256} = ${tokenSha256}`;
      return {
        before: [revokeTokensOf(context, { projectId, serviceAccountId, projectTokenId: id })],
        guarded: revokeProjectTokens(context, isThis, null),
      };
    }
  }
}
