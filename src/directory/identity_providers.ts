import { and, eq, ne, or } from "drizzle-orm";
import { commit } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  IDENTITY_PROVIDERS_MAX,
  isPrincipal,
  type MemberProblem,
  notFound,
  type Problem,
  type Result,
  refuse,
} from "../protocol/index.ts";
import { type Page, type PageRequest, readBatch, type Statement, schema } from "../store/index.ts";
import { revokeAccessTokens } from "../tokens/index.ts";
import { attempt, attemptChange, eventOn, permitted } from "./attempt.ts";
import type { Deletion } from "./bindings/hanging.ts";
import type { Stored } from "./etag.ts";
import {
  deleteBindingsOf,
  hangingOn,
  issuerInUse,
  lastOwners,
  moveGrantsOf,
  nothingHangsOn,
  orphansNobody,
  providerInUse,
} from "./identity_provider_bindings.ts";
import {
  type IdentityProviderItem,
  identityProviderItem,
  storedIdentityProvider,
} from "./identity_provider_item.ts";
import {
  changedIdentityProvider,
  type IdentityProviderChange,
  type IdentityProviderInput,
  insertIdentityProvider,
  isThisProvider,
  newIdentityProvider,
  updateIdentityProviderRow,
} from "./identity_provider_row.ts";
import { listPage } from "./list_page.ts";
import { type IdentityProviderRow, locateIdentityProvider } from "./locate.ts";
import { membersOf, type Patch } from "./merge_patch.ts";
import { placeOfService as place } from "./places.ts";
import { CHANGED_MEANWHILE, memberTaken, taken } from "./problems.ts";

const { identityProvider, accessToken } = schema;

type Verdict = Promise<Result<Stored<IdentityProviderItem>, Problem>>;

/** Accepts the ID tokens of an issuer as persons; name and issuer are its own in the whole service. */
export async function createIdentityProvider(context: Context, input: IdentityProviderInput): Verdict {
  const permission = "identity-providers:create";
  const access = { found: accept(true), permission, place, action: "identity_provider.create" } as const;
  return attempt(context, access, async (_service, event) => {
    const made = await newIdentityProvider(context, input);
    if (!made.ok) return made;
    const row = made.value;
    const committed = await commit(context, {
      event: eventOn(event, row.id),
      guarded: insertIdentityProvider(context, row),
    });
    if (committed.ok) return accept(storedIdentityProvider(row));
    return refuse(committed.refusal === "unique" ? await whatIsTaken(context, row) : LIMIT_REACHED);
  });
}

/** To accounts and persons none is there: a name that is guessed is answered like one that is none. */
async function locateFor(
  { actor, deps }: Context,
  ref: string,
): Promise<Result<IdentityProviderRow, Problem>> {
  return isPrincipal(actor) ? notFound("identity provider") : locateIdentityProvider(deps, ref);
}

/** An identity provider by its id or name. */
export async function getIdentityProvider(context: Context, ref: string): Verdict {
  const found = await locateFor(context, ref);
  const access = { found, permission: "identity-providers:read", place } as const;
  return permitted(context, access, async (row) => accept(storedIdentityProvider(row)));
}

/** Whose ID tokens are accepted. */
export async function listIdentityProviders(
  context: Context,
  request: PageRequest,
): Promise<Result<Page<IdentityProviderItem>, Problem>> {
  const access = { found: accept(true), permission: "identity-providers:read", place } as const;
  const list = { name: "identity-providers", table: identityProvider, render: identityProviderItem };
  return permitted(context, access, () => listPage(context, list, request));
}

/**
 * Changes whose ID tokens are accepted. Disabling it, and any change of whom it believes, revoke the access tokens that
 * persons got through it; another issuer is for one that no role binding names.
 */
export async function updateIdentityProvider(
  context: Context,
  ref: string,
  { change, ifMatch }: Patch<IdentityProviderChange>,
): Verdict {
  const found = await locateFor(context, ref);
  const permission = "identity-providers:update";
  const action = "identity_provider.update";
  const access = { found, permission, place, action, id: ref, ifMatch } as const;
  return attemptChange(context, access, async (row, event) => {
    const changed = await changedIdentityProvider(context, row, change);
    if (!changed.ok) return changed;
    const next = changed.value;
    const isMoved = next.issuer !== row.issuer;
    const hanging = isMoved ? await hangingOn(context, row) : undefined;
    if (hanging !== undefined && hanging.count > 0) return refuse(issuerInUse(hanging));
    const committed = await commit(context, {
      event: { ...event, detail: membersOf(change) },
      before: endsTokens(row, next) ? [revokeTokensThrough(context, row)] : [],
      guarded: updateIdentityProviderRow(context, row, next, isMoved ? nothingHangsOn(row) : undefined),
      after: next.disabled !== row.disabled || endsTokens(row, next) ? [moveGrantsOf(context, row)] : [],
    });
    if (committed.ok) return accept(storedIdentityProvider(next));
    return refuse(committed.refusal === "unique" ? await whatIsTaken(context, next) : CHANGED_MEANWHILE);
  });
}

/**
 * Accepts an issuer's persons no more, and revokes the access tokens that they got. Says which role bindings hang on
 * it, or takes them along; leaves no project without an owner unasked.
 */
export async function deleteIdentityProvider(
  context: Context,
  ref: string,
  { ifMatch, cascade = false, acknowledge = [] }: Deletion,
): Promise<Result<true, Problem>> {
  const found = await locateFor(context, ref);
  const permission = "identity-providers:delete";
  const action = "identity_provider.delete";
  const access = { found, permission, place, action, id: ref, ifMatch } as const;
  const mayOrphan = acknowledge.includes("last_owner");
  return attemptChange(context, access, async (row, event) => {
    const hanging = await hangingOn(context, row);
    if (hanging.count > 0 && !cascade) return refuse(providerInUse(hanging));
    if (hanging.orphans.length > 0 && !mayOrphan) return refuse(lastOwners(hanging));
    const unlessCascade = cascade ? undefined : nothingHangsOn(row);
    const unlessOrphans = mayOrphan ? undefined : orphansNobody(row);
    const committed = await commit(context, {
      event: cascade ? { ...event, detail: "cascade" } : event,
      before: [revokeTokensThrough(context, row), moveGrantsOf(context, row)],
      guarded: context.deps.db
        .delete(identityProvider)
        .where(and(isThisProvider(row), unlessCascade, unlessOrphans)),
      // Behind the guard, which looks at them.
      after: [deleteBindingsOf(context, row)],
    });
    return committed.ok ? accept(true) : refuse(CHANGED_MEANWHILE);
  });
}

/**
 * Whether a change takes back what was got before it: after a compromise one replaces keys, and whoever forged by the
 * old ones is out.
 */
function endsTokens(row: IdentityProviderRow, next: IdentityProviderRow): boolean {
  const believed = ({ issuer, audience, jwks, mapping, trustsEmail }: IdentityProviderRow) =>
    JSON.stringify([issuer, audience, jwks, mapping, trustsEmail]);
  return (next.disabled && !row.disabled) || believed(next) !== believed(row);
}

/** Of all that persons got through it, in the batch that ends it. */
function revokeTokensThrough(context: Context, { id }: IdentityProviderRow): Statement {
  return revokeAccessTokens(context, eq(accessToken.identityProviderId, id), null);
}

/** A unique index objected, which does not say what to: reads which of both another row has. */
async function whatIsTaken({ deps }: Context, row: IdentityProviderRow): Promise<Problem> {
  const isAlike = or(eq(identityProvider.name, row.name), eq(identityProvider.issuer, row.issuer));
  const [rivals] = await readBatch(deps.db, [
    deps.db
      .select()
      .from(identityProvider)
      .where(and(ne(identityProvider.id, row.id), isAlike)),
  ]);
  const errors: MemberProblem[] = [];
  if (rivals.some(({ name }) => name === row.name)) {
    errors.push(memberTaken("/name", `Another identity provider is named ${row.name}.`));
  }
  const sameIssuer = rivals.find(({ issuer }) => issuer === row.issuer);
  if (sameIssuer !== undefined) {
    errors.push(
      memberTaken("/issuer", `The identity provider ${sameIssuer.name} has the issuer ${row.issuer}.`),
    );
  }
  return taken(errors);
}

const LIMIT_REACHED: Problem = {
  code: "limit_reached",
  detail: `There are at most ${IDENTITY_PROVIDERS_MAX} identity providers; delete one first.`,
};
