import { sql } from "drizzle-orm";
import type { Context } from "../deps.ts";
import {
  type Actor,
  actorId,
  type ServiceAccountActor,
  type StoredReceipt,
  secondsOf,
} from "../protocol/index.ts";
import { newId } from "../store/index.ts";
import { withoutTokens } from "./redact.ts";

/** What an event is about. */
export type TargetType =
  | "project"
  | "service_account"
  | "federated_identity_provider"
  | "service_account_key"
  | "project_token"
  | "resource_server"
  | "revocation"
  | "leaked_credential"
  | "signing_key"
  | "access_token"
  | "revoked_token"
  | "role"
  | "role_binding"
  | "identity_provider"
  | "spent_assertion"
  | "receipt"
  | "issuer";

/**
 * `{target}.{verb}`: every write, and the exchange. `client.authenticate` alone names who acted instead: an account that
 * proved itself at an endpoint for clients, and is the target too.
 */
export type AuditAction =
  | `project.${"create" | "update" | "delete"}`
  | `service_account.${"create" | "update" | "delete"}`
  | `federated_identity_provider.${"create" | "update" | "delete" | "purge_keys"}`
  | `service_account_key.${"create" | "update" | "delete" | "expiring" | "leaked"}`
  | `project_token.${"create" | "update" | "regenerate" | "delete" | "revoke" | "expiring" | "leaked" | "purge"}`
  | `resource_server.${"create" | "update" | "delete"}`
  | `role.${"create" | "update" | "delete"}`
  | `role_binding.${"create" | "update" | "delete"}`
  | `identity_provider.${"create" | "update" | "delete"}`
  | "revocation.create"
  | "leaked_credential.report"
  | `signing_key.${"create" | "rotate" | "retire" | "remove" | "reseal"}`
  | "revoked_token.purge"
  | "spent_assertion.purge"
  | "client.authenticate"
  | `access_token.${"purge" | "revoke" | "leaked"}`
  | `access_token.${"exchange" | "impersonate" | "evaluate"}`
  | "federated_identity_provider.simulate"
  | "receipt.purge"
  | `issuer.${"changed" | "unreachable" | "recovered"}`;

/** What an exchange adds to its event. Foreign text comes redacted and bounded; a token only as its hash. */
export interface ExchangeFacts {
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  readonly kid?: string | undefined;
  readonly jti?: string | undefined;
  readonly tokenSha256?: string | undefined;
  /** Its explanation, for as long as receipts are kept. */
  readonly receipt?: StoredReceipt | undefined;
  /** The trust that let the token in, or refused it: it counts its uses by that. */
  readonly federatedIdentityProviderId?: string | undefined;
}

/** What one event says; who and when come with the context. */
export interface AuditEvent {
  readonly action: AuditAction;
  readonly target: { readonly type: TargetType; readonly id?: string | undefined };
  readonly projectId?: string | undefined;
  readonly serviceAccountId?: string | undefined;
  /** Exactly why, when refused; for a change, nothing. */
  readonly reason?: string;
  /** For the owner: what was expected and received, or which members changed. */
  readonly detail?: string;
  readonly exchange?: ExchangeFacts;
}

const DETAIL_MAX_CHARACTERS = 1024;
const USER_AGENT_MAX_CHARACTERS = 256;
const FOREIGN_TEXT_MAX_CHARACTERS = 1024;

/** The row of an event; `rowsChanged` is the guard, see `commit`. */
export function rowOf(context: Context, event: AuditEvent, outcome: "granted" | "refused") {
  const { deps, request, actor } = context;
  const nowMs = deps.nowMs();
  return {
    id: newId(nowMs),
    projectId: event.projectId ?? null,
    serviceAccountId: event.serviceAccountId ?? null,
    createdAt: secondsOf(nowMs),
    actorType: actor.type,
    actorId: storable(actorId(actor), FOREIGN_TEXT_MAX_CHARACTERS),
    action: event.action,
    targetType: event.target.type,
    targetId: bounded(event.target.id, FOREIGN_TEXT_MAX_CHARACTERS),
    outcome,
    reason: event.reason ?? null,
    detail: bounded(event.detail, DETAIL_MAX_CHARACTERS),
    requestId: request.id,
    ip: request.ip,
    userAgent: bounded(request.userAgent, USER_AGENT_MAX_CHARACTERS),
    issuer: bounded(event.exchange?.issuer, FOREIGN_TEXT_MAX_CHARACTERS),
    subject: bounded(event.exchange?.subject, FOREIGN_TEXT_MAX_CHARACTERS),
    claims: event.exchange?.claims ?? null,
    kid: bounded(event.exchange?.kid ?? shown(actor, ["key"]), FOREIGN_TEXT_MAX_CHARACTERS),
    jti: event.exchange?.jti ?? shown(actor, ["access_token", "project_token"]),
    tokenSha256: event.exchange?.tokenSha256 ?? null,
    durationMs: Math.max(0, nowMs - request.startedAtMs),
    floodBucket: null as string | null,
    occurrences: 1,
    rowsChanged: sql<number>`changes()`,
    receipt: event.exchange?.receipt ?? null,
    federatedIdentityProviderId: event.exchange?.federatedIdentityProviderId ?? null,
    act: actor.type === "service_account" && actor.act.length > 0 ? actor.act : null,
  };
}

/** By which credential an account acted, where it is one of these: after a leak, somebody has to find its acts. */
function shown(actor: Actor, types: readonly ServiceAccountActor["credential"]["type"][]): string | null {
  if (actor.type !== "service_account" || !types.includes(actor.credential.type)) return null;
  return actor.credential.id;
}

function bounded(text: string | null | undefined, maxCharacters: number): string | null {
  return text === null || text === undefined ? null : storable(text, maxCharacters);
}

/** An issuer, a subject or a kid as the record shows it: what to compare recorded ones with. */
export function recordedText(text: string): string {
  return storable(text, FOREIGN_TEXT_MAX_CHARACTERS);
}

/**
 * Text from outside, as a row may hold it: no token inside, not without end, and nothing that a driver would read
 * back as other text than was written (NUL cuts it short in libSQL, half a surrogate pair is no UTF-8).
 */
function storable(text: string, maxCharacters: number): string {
  return withoutTokens(text).slice(0, maxCharacters).toWellFormed().replaceAll("\u0000", "\uFFFD");
}
