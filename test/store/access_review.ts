import { describe, expect, it } from "vitest";
import type { Context } from "../../src/deps.ts";
import {
  createRoleBinding,
  listAccess,
  listMembers,
  listUnowned,
  listUnused,
} from "../../src/directory/index.ts";
import type { At } from "./driver.ts";
import { accepted, contextOn, freshMinuteMs, givenAccount, givenTrust } from "./given.ts";

const page = { pageSize: 2 };
const WORKLOADS = {
  type: "workloads",
  issuer: "https://ci.example.com",
  assertions: [{ item: "sub", operator: "equals", value: "a" }],
} as const;

/** Whose clock goes on, so that ids are in the order in which they were made. */
function ticking(db: Parameters<typeof contextOn>[0]): Context {
  let ms = freshMinuteMs();
  return contextOn(db, { nowMs: () => ms++ });
}

/** An account with a trust that holds a role, and another one that may impersonate it, as some workloads may. */
async function givenReviewed(context: Context) {
  const { project, account, provider } = await givenTrust(context);
  const other = await givenAccount(context, project.id);
  const of = (serviceAccount: string) => ({ type: "service_account", serviceAccount }) as const;
  const bind = async (input: Parameters<typeof createRoleBinding>[2]) =>
    accepted(await createRoleBinding(context, project.id, input)).item.id;
  const held = await bind({ principal: of(account.id), role: "viewer" });
  const resource = { type: "service_account", serviceAccount: account.id } as const;
  const acting = await bind({ principal: of(other.id), role: "token-creator", resource });
  const jobs = await bind({ principal: WORKLOADS, role: "token-creator", effect: "deny", resource });
  return { project, account, other, provider, held, acting, jobs };
}

export function accessReviewRows(at: At): void {
  describe("reviews of a project", () => {
    it("list its members", async () => {
      const context = ticking(at().db);
      const { project, account, other, held, acting, jobs } = await givenReviewed(context);
      const first = accepted(await listMembers(context, project.id, page));
      const { nextPageToken: pageToken } = first;
      const rest = accepted(await listMembers(context, project.id, { ...page, pageToken }));
      const found = [...first.items, ...rest.items].map(({ principal, bindings }) => [
        "name" in principal ? principal.name : principal.type,
        ...bindings.map(({ id }) => id),
      ]);
      expect(found).toEqual([
        [account.name, held],
        [other.name, acting],
        ["workloads", jobs],
      ]);
      expect(rest.nextPageToken).toBeUndefined();
    });

    it("say who can reach what, and by whom it was made", async () => {
      const context = ticking(at().db);
      const { project, account, other, held, acting, jobs } = await givenReviewed(context);
      const reviewed = accepted(await listAccess(context, project.id, { pageSize: 10 }));
      const rows = reviewed.page.items.map((row) => [row.principalName, row.role, row.via, row.createdBy]);
      const [one, two] = [account, other].map(({ name, email }) => `${name} <${email}>`);
      const by = "bootstrap bootstrap";
      expect(rows).toEqual([
        [one, "viewer", [], by],
        [two, "viewer", [acting, held], by],
        [two, "token-creator", [], by],
        ["https://ci.example.com sub=a", "token-creator", [], by],
      ]);
      expect(reviewed.page.items[3]?.bindingId).toBe(jobs);
    });

    it("say what is not used, and who has no owner", async () => {
      const made = ticking(at().db);
      const { project, account, other, provider } = await givenReviewed(made);
      const nowMs = () => made.deps.nowMs() + 91 * 24 * 3600_000;
      const context = { ...made, deps: { ...made.deps, nowMs } };
      const unused = accepted(await listUnused(context, project.id, { pageSize: 10, days: 90 }));
      const found = unused.page.items.map(({ kind, name, serviceAccountId, ageDays }) => [
        kind,
        name,
        serviceAccountId,
        ageDays,
      ]);
      expect(found.toSorted(([one], [two]) => (String(one) < String(two) ? -1 : 1))).toEqual([
        ["federated_identity_provider", provider.name, account.id, 91],
        ...[account, other].map(({ id, name }) => ["service_account", name, id, 91]),
      ]);
      const unowned = accepted(await listUnowned(context, project.id, page));
      expect(unowned.page.items.map(({ id }) => id)).toEqual([account.id, other.id]);
    });
  });
}
