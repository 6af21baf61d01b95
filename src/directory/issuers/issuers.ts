import { eq } from "drizzle-orm";
import type { Context } from "../../deps.ts";
import { instantOf, type Problem, type Result } from "../../protocol/index.ts";
import { type Page, type PageRequest, schema } from "../../store/index.ts";
import { permitted } from "../attempt.ts";
import { listPage } from "../list_page.ts";
import { locateProject } from "../locate.ts";
import { placeOfProject as place } from "../places.ts";
import type { WatchedRow } from "./watched_row.ts";

const { watchedIssuer } = schema;

/** What the issuers that a project trusts were seen to do. */
export async function listIssuers(
  context: Context,
  projectRef: string,
  request: PageRequest,
): Promise<Result<Page<IssuerItem>, Problem>> {
  const found = await locateProject(context.deps, projectRef);
  const access = { found, permission: "federated-identity-providers:read", place } as const;
  return permitted(context, access, ({ id }) => {
    const scope = eq(watchedIssuer.projectId, id);
    return listPage(context, { name: "issuers", table: watchedIssuer, scope, render: issuerItem }, request);
  });
}

export type IssuerItem = ReturnType<typeof issuerItem>;

function issuerItem(row: WatchedRow) {
  return {
    id: row.id,
    issuer: row.issuer,
    keys: row.keys.map(seenItem),
    algorithms: [...new Set(row.keys.flatMap(({ algorithm }) => algorithm ?? []))].sort(),
    claims: row.claims.map(seenItem),
    askedAt: atOrNull(row.askedAt),
    failingSince: atOrNull(row.failingSince),
    failure: row.failure,
  };
}

function seenItem<Seen extends { readonly firstSeenAt: number; readonly lastSeenAt: number }>(seen: Seen) {
  const { firstSeenAt, lastSeenAt, ...rest } = seen;
  return { ...rest, firstSeenAt: instantOf(firstSeenAt), lastSeenAt: instantOf(lastSeenAt) };
}

function atOrNull(seconds: number | null): string | null {
  return seconds === null ? null : instantOf(seconds);
}
