import { recordedClaim, recordedText } from "../audit/index.ts";
import type { Context } from "../deps.ts";
import {
  accept,
  type ClaimCriterion,
  type Problem,
  type Result,
  type RevocationCriteria,
  refuse,
  segmentsOf,
} from "../protocol/index.ts";
import { locateServiceAccount } from "./locate.ts";
import { badMember } from "./problems.ts";

/** What a caller asks for. */
export interface RevocationInput extends Omit<RevocationCriteria, "serviceAccountId"> {
  /** Id, e-mail or name. */
  readonly serviceAccount?: string | undefined;
  readonly reason?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What is asked for, with the account found and claims as the record has them. */
export async function readCriteria(
  context: Context,
  projectId: string,
  { serviceAccount, reason, dryRun, claims, issuer, issuerKeyId, ...plain }: RevocationInput,
): Promise<Result<RevocationCriteria, Problem>> {
  const recorded = recordedClaims(claims);
  if (!recorded.ok) return recorded;
  const account = await accountIdOf(context, projectId, serviceAccount);
  if (!account.ok) return account;
  const criteria = {
    ...plain,
    ...(issuer === undefined ? {} : { issuer: recordedText(issuer) }),
    ...(issuerKeyId === undefined ? {} : { issuerKeyId: recordedText(issuerKeyId) }),
    ...(recorded.value === undefined ? {} : { claims: recorded.value }),
    ...(account.value === undefined ? {} : { serviceAccountId: account.value }),
  };
  const { all, ...narrowing } = criteria;
  const isNarrow = Object.values(narrowing).some((one) => one !== undefined);
  if (all === true && isNarrow) return refuse(CONTRADICTION);
  return all === true || isNarrow ? accept(criteria) : refuse(NOTHING);
}

async function accountIdOf(
  { deps }: Context,
  project: string,
  ref: string | undefined,
): Promise<Result<string | undefined, Problem>> {
  if (ref === undefined) return accept(undefined);
  const found = await locateServiceAccount(deps, { project, serviceAccount: ref });
  return found.ok ? accept(found.value.id) : refuse(ACCOUNT_NOT_FOUND);
}

function recordedClaims(
  claims: readonly ClaimCriterion[] | undefined,
): Result<readonly ClaimCriterion[] | undefined, Problem> {
  const recorded = claims?.map(({ item, value }) => ({
    item,
    value: recordedClaim(segmentsOf(item), value),
  }));
  const missing = recorded?.findIndex(({ value }) => value === undefined) ?? -1;
  if (missing !== -1) return refuse(badMember(`/claims/${missing}`, "not_recorded", NOT_RECORDED));
  return accept(recorded as readonly ClaimCriterion[] | undefined);
}

const ACCOUNT_NOT_FOUND: Problem = badMember(
  "/serviceAccount",
  "not_found",
  "No service account of this project has this id, e-mail or name.",
);

const NOT_RECORDED =
  "The record keeps no value of this claim (its name is sensitive, it lies deeper than four levels, or the value is a token), so no token can be found by it.";

const NOTHING: Problem = badMember(
  "",
  "no_criteria",
  "Say which tokens: serviceAccount, keyId, federatedIdentityProviderId, projectTokenId, issuer, issuerKeyId, claims; or all: true for the whole project.",
);

const CONTRADICTION: Problem = badMember(
  "/all",
  "contradiction",
  "all: true takes everything; leave out the other criteria, or all.",
);
