import { redactClaim, redactClaims } from "../audit/index.ts";
import { type StoredAssertion, type StoredReceipt, type StoredTrust, segmentsOf } from "../protocol/index.ts";
import {
  type AssertionTrace,
  type DecodedJwt,
  type FederationTrace,
  isEnforced,
  type TrustTrace,
} from "../trust/index.ts";
import type { Evidence } from "./evidence.ts";

/** What a receipt takes in its row, in characters: of what nobody vouches for, little, since a stranger chose it. */
const RECEIPT_MAX_CHARACTERS = { proven: 8192, unproven: 2048 };
/** Trusts that are told of one exchange. */
const TRUSTS_TOLD_MAX = 5;
const RECEIVED_MAX_CHARACTERS = { proven: 512, unproven: 128 };
const AUDIENCES_TOLD_MAX = 5;
const CLAIMED_MAX_BYTES = 1536;

/** What one exchange was decided from. */
export interface Explained {
  readonly evidence: Evidence | undefined;
  readonly trace?: FederationTrace | undefined;
  /** As the event shows them. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The trust that let it in, where one did. */
  readonly providerId?: string | undefined;
}

/** How much of it is told. */
interface ReceiptOptions {
  /** Integer seconds. */
  readonly now: number;
  /** Whether somebody vouches for what the token says. */
  readonly isProven: boolean;
  /** Claims that are told before others. */
  readonly first: readonly string[];
}

/** The explanation that is kept of an exchange; what its event says already is left out. */
export function receiptOf(
  { evidence, trace, providerId, claims }: Explained,
  { now, isProven, first }: ReceiptOptions,
): StoredReceipt {
  const proof: Proof = isProven ? "proven" : "unproven";
  const jwt = evidence !== undefined && "jwt" in evidence ? evidence.jwt : undefined;
  const receipt: StoredReceipt = {
    ...(jwt === undefined ? {} : { clock: clockOf(jwt, now), ...(isProven ? {} : saidBy(jwt, first)) }),
    ...(isCut(jwt, claims) ? { isCut: true as const } : {}),
    ...(trace?.signature === undefined ? {} : { signature: trace.signature }),
    ...(trace?.keySource === undefined ? {} : { keySource: trace.keySource }),
    ...(evidence?.authMethod === "key" && isProven ? { keySource: "account" as const, signature: true } : {}),
  };
  if (trace === undefined) return receipt;
  const told = toldOf(trace.trusts, providerId).map((one) => storedTrust(one, proof));
  return { ...receipt, trusts: within(told, RECEIPT_MAX_CHARACTERS[proof]) };
}

/** What nobody vouches for, in little room; what is vouched for stands in the event. */
function saidBy(jwt: DecodedJwt, first: readonly string[]) {
  return { audience: audienceOf(jwt), claimed: redactClaims(jwt.claims, first, CLAIMED_MAX_BYTES) };
}

function isCut(jwt: DecodedJwt | undefined, shown: Explained["claims"]): boolean {
  return (
    jwt !== undefined && shown !== undefined && Object.keys(shown).length < Object.keys(jwt.claims).length
  );
}

function clockOf({ expiresAt, issuedAt, notBefore }: DecodedJwt, now: number) {
  const apart = (instant: number) => Math.round(instant - now);
  return {
    exp: apart(expiresAt),
    ...(issuedAt === undefined ? {} : { iat: apart(issuedAt) }),
    ...(notBefore === undefined ? {} : { nbf: apart(notBefore) }),
  };
}

function audienceOf({ audience }: DecodedJwt): readonly string[] {
  return audience.slice(0, AUDIENCES_TOLD_MAX).map((one) => String(redactClaim(["aud"], one)).slice(0, 256));
}

/** The one that let it in and those in shadow; where none did, those with the fewest failures. */
function toldOf(trusts: readonly TrustTrace[], providerId: string | undefined): readonly TrustTrace[] {
  const granting = trusts.filter(({ id }) => id === providerId);
  const watching = trusts.filter(({ id, mode }) => mode === "shadow" && id !== providerId);
  const told = providerId === undefined ? trusts.toSorted(byFailures) : [...granting, ...watching];
  return told.slice(0, TRUSTS_TOLD_MAX);
}

/** Whoever failed at fewer of what decides came nearer. */
export function byFailures(one: TrustTrace, other: TrustTrace): number {
  return failuresOf(one) - failuresOf(other);
}

function failuresOf({ failure, assertions }: TrustTrace): number {
  const failed = assertions.filter(({ assertion, holds }) => isEnforced(assertion) && !holds);
  return (failure === undefined ? 0 : 1) + failed.length;
}

type Proof = keyof typeof RECEIPT_MAX_CHARACTERS;

function storedTrust({ id, name, mode, failure, assertions }: TrustTrace, proof: Proof): StoredTrust {
  return {
    id,
    name,
    ...(mode === "shadow" ? { mode } : {}),
    ...(failure === undefined ? {} : { reason: failure.reason, detail: failure.detail.slice(0, 512) }),
    assertions: assertions.map((assertion) => storedAssertion(assertion, proof)),
  };
}

function storedAssertion({ assertion, holds, received }: AssertionTrace, proof: Proof): StoredAssertion {
  const isAsExpected = holds && assertion.operator === "equals" && received === assertion.value;
  if (isAsExpected || received === undefined) return { ...assertion, holds };
  const shown = redactClaim(segmentsOf(assertion.item), received);
  const max = RECEIVED_MAX_CHARACTERS[proof];
  const isShort = (JSON.stringify(shown) ?? "").length <= max;
  return { ...assertion, holds, received: isShort ? shown : JSON.stringify(shown).slice(0, max) };
}

/** As many trusts as fit; of one that does not fit only what failed. */
function within(trusts: readonly StoredTrust[], maxCharacters: number): readonly StoredTrust[] {
  const kept: StoredTrust[] = [];
  let room = maxCharacters;
  for (const trust of trusts) {
    const failed = { ...trust, assertions: trust.assertions.filter(({ holds }) => !holds) };
    const fitting = [trust, failed, { ...trust, assertions: [] }].find((one) => sizeOf(one) <= room);
    if (fitting === undefined) break;
    kept.push(fitting);
    room -= sizeOf(fitting);
  }
  return kept;
}

function sizeOf(trust: StoredTrust): number {
  return JSON.stringify(trust).length;
}
