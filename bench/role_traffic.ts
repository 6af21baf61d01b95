/** Exchanges whose tokens role bindings decide, and questions about them, as AuthZEN asks them. */
import { GRANTED, type Holders } from "./role_bindings.ts";
import { apiAudience, seedRoles } from "./role_seed.ts";
import { emailOf, idOf } from "./seed.ts";
import { accessToken, foreignForms, INSERT_TOKEN, type Traffic } from "./traffic.ts";

/**
 * Exchanges of foreign tokens for the first API by a role that is bound there, or, on the project, for us without
 * scope. Whatever else is bound, the token is the same.
 */
export function exchangeWithRoles({ on, bindings }: Pick<Holders, "on" | "bindings">): Traffic {
  return async ({ url }, d1, setting) => {
    const { accounts, activeAccounts = accounts } = setting;
    await seedRoles(d1, { issuer: setting.issuer.issuer, accounts, activeAccounts, on, bindings });
    const wanted = on === "api" ? { audience: apiAudience(0) } : {};
    const bodies = await foreignForms(setting, url, wanted);
    return { target: { url: `${url}/oauth/v2/token`, bodies }, isRecorded: true };
  };
}

const SUBJECTS = 500;
const ACTION = GRANTED[0] as string;

/** The first API's account asks about those who call the API: by their tokens, or by their e-mail addresses. */
export function evaluation(of: "access_token" | "service_account"): Traffic {
  return async ({ url }, d1, { issuer, accounts }) => {
    const holders = { issuer: issuer.issuer, accounts, activeAccounts: accounts };
    await seedRoles(d1, { ...holders, on: "api", bindings: "one" });
    const grant = { scope: GRANTED.join(" "), resourceServer: idOf("resourceServer", 0) };
    const tokens = await Promise.all(
      Array.from({ length: SUBJECTS }, (_, index) =>
        accessToken(url, index % accounts, apiAudience(0), grant),
      ),
    );
    const own = await accessToken(url, 0, url);
    await d1.batch([own, ...tokens].map(({ row }) => d1.prepare(INSERT_TOKEN).bind(...row)));
    const ids =
      of === "access_token"
        ? tokens.map(({ compact }) => compact)
        : Array.from({ length: accounts }, (_, index) => emailOf(index));
    const target = {
      url: `${url}/access/v1/evaluation`,
      bodies: ids.map((id) => question({ type: of, id })),
      contentType: "application/json",
      authorization: `Bearer ${own.compact}`,
      expected: '"decision":true',
    };
    return { target, isRecorded: false };
  };
}

function question(subject: { readonly type: string; readonly id: string }): string {
  const resource = { type: "resource_server", id: apiAudience(0) };
  return JSON.stringify({ subject, action: { name: ACTION }, resource });
}
