import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { type AuditEvent, rowOf } from "../../../src/audit/event.ts";
import type { Context } from "../../../src/deps.ts";

const NOW_MS = 1_800_000_000_999;
const TOKEN = await new SignJWT({ sub: "somebody" })
  .setProtectedHeader({ alg: "HS256" })
  .sign(new TextEncoder().encode("a test secret of thirty-two bytes"));

const EVENT: AuditEvent = { action: "access_token.exchange", target: { type: "access_token" } };

function contextWith(
  actor: Context["actor"],
  userAgent: string | null = "curl",
  startedAtMs = NOW_MS - 7,
): Context {
  const request = { id: "request-1", ip: "192.0.2.1", userAgent, startedAtMs, waitUntil: () => undefined };
  return { deps: onlyWith({ nowMs: () => NOW_MS }), request, actor };
}

/** Deps of which a row needs no more than these. */
function onlyWith(parts: object): Context["deps"] {
  return parts as Context["deps"];
}

const workload = (issuer: string, subject: string) => contextWith({ type: "workload", issuer, subject });

describe("an event's row", () => {
  it("says who, what, when and why", () => {
    const event: AuditEvent = {
      action: "service_account.create",
      target: { type: "service_account", id: "account-1" },
      projectId: "project-1",
      serviceAccountId: "account-1",
      reason: "name_taken",
      detail: "another is named so",
    };
    expect(rowOf(contextWith({ type: "bootstrap" }), event, "refused")).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      projectId: "project-1",
      serviceAccountId: "account-1",
      createdAt: 1_800_000_000,
      actorType: "bootstrap",
      actorId: "bootstrap",
      action: "service_account.create",
      targetType: "service_account",
      targetId: "account-1",
      outcome: "refused",
      reason: "name_taken",
      detail: "another is named so",
      requestId: "request-1",
      ip: "192.0.2.1",
      userAgent: "curl",
      durationMs: 7,
      occurrences: 1,
    });
  });

  it("has null where nothing is known", () => {
    const row = rowOf(contextWith({ type: "system" }, null), EVENT, "granted");
    const { projectId, serviceAccountId, targetId, reason, detail, userAgent } = row;
    const { issuer, subject, claims, kid, jti, tokenSha256 } = row;
    for (const value of [projectId, serviceAccountId, targetId, reason, detail, userAgent])
      expect(value).toBeNull();
    for (const value of [issuer, subject, claims, kid, jti, tokenSha256]) expect(value).toBeNull();
  });

  it("has no negative duration when the clock was set back", () => {
    const context = contextWith({ type: "system" }, null, NOW_MS + 5000);
    expect(rowOf(context, EVENT, "granted").durationMs).toBe(0);
  });
});

type Row = ReturnType<typeof rowOf>;

describe("foreign text in a row is bounded", () => {
  const long = "x ".repeat(2000);
  const row = rowOf(
    { ...workload(long, long), request: contextWith({ type: "system" }, long).request },
    { ...EVENT, detail: long, exchange: { issuer: long, subject: long, kid: long } },
    "refused",
  );

  it.each<readonly [column: keyof Row, characters: number]>([
    ["detail", 1024],
    ["userAgent", 256],
    ["issuer", 1024],
    ["subject", 1024],
    ["kid", 1024],
    ["actorId", 512],
  ])("%s to %i characters", (column, characters) => {
    expect(row[column]).toBe(long.slice(0, characters));
  });
});

describe("foreign text in a row holds no token", () => {
  const row = rowOf(
    { ...workload(TOKEN, TOKEN), request: contextWith({ type: "system" }, `agent ${TOKEN}`).request },
    { ...EVENT, detail: `received ${TOKEN}`, exchange: { issuer: TOKEN, subject: TOKEN, kid: TOKEN } },
    "refused",
  );

  it.each<readonly [column: keyof Row, expected: string]>([
    ["detail", "received [redacted]"],
    ["userAgent", "agent [redacted]"],
    ["issuer", "[redacted]"],
    ["subject", "[redacted]"],
    ["kid", "[redacted]"],
    ["actorId", "[redacted] [redacted]"],
  ])("%s", (column, expected) => {
    expect(row[column]).toBe(expected);
  });

  it("nor one that begins before the bound and ends behind it", () => {
    const detail = `${"x ".repeat(505)}${TOKEN}`;
    expect(rowOf(workload("", ""), { ...EVENT, detail }, "refused").detail).toBe(
      `${"x ".repeat(505)}[redacted]`,
    );
  });
});

describe("an actor's name", () => {
  it.each<readonly [name: string, context: Context, expected: string]>([
    ["of a workload", workload("https://issuer.example", "me"), "https://issuer.example me"],
    ["of a workload of which nothing is known", workload("", ""), "unknown"],
    ["of the clock", contextWith({ type: "system" }), "system"],
  ])("%s", (_name, context, expected) => {
    expect(rowOf(context, EVENT, "granted").actorId).toBe(expected);
  });
});
