/** What a refusal tells its owner, and what would have mended it. */
import type { LocalWorker } from "../scripts/local_worker.ts";
import { githubClaims } from "../test/support/foreign_issuer.ts";
import { say, step } from "./narrate.ts";
import { type Body, call } from "./service_calls.ts";

const ACCOUNT = "/v1/projects/shop/service-accounts/deployer";

interface Receipt {
  readonly id: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly stages: readonly { readonly stage: string; readonly result: string }[];
  readonly trusts: readonly {
    readonly assertions: readonly {
      readonly item: string;
      readonly value: unknown;
      readonly received: unknown;
      readonly holds: boolean;
    }[];
  }[];
  readonly nearestMiss: {
    readonly kinds: readonly string[];
    readonly detail: string;
    readonly patch: Body | null;
  } | null;
}

/** Opens what a refused caller was pointed to. @param refused the answer of the token endpoint */
export async function openReceipt(service: LocalWorker, refused: Body): Promise<void> {
  step("The owner opens the receipt that the caller was pointed to, and could not read");
  const path = new URL(String(refused.error_uri)).pathname;
  const receipt = (await call(service, "GET", path)) as unknown as Receipt;
  say(receipt.stages.map(({ stage, result }) => `${stage} ${result}`).join(", "));
  for (const { item, value, received, holds } of receipt.trusts[0]?.assertions ?? []) {
    say(
      `${holds ? "holds" : "FAILS"}  ${item}: expected ${JSON.stringify(value)}, received ${JSON.stringify(received)}`,
    );
  }
  if (receipt.reason !== "assertion_failed") throw new Error(`the receipt says ${receipt.reason}`);
  if (receipt.nearestMiss?.patch != null) throw new Error("a stranger's branch is offered a way in");
  say(`no way in is offered: ${receipt.nearestMiss?.detail}`);
}

/** Somebody writes a trust with a slip, and sees it before any job runs. */
export async function tryBeforeItRuns(service: LocalWorker, issuer: string): Promise<void> {
  step("A colleague adds a trust for another repository and writes the branch without refs/heads/");
  const assertions = [
    { item: "repository_id", operator: "equals", value: "777002" },
    { item: "ref", operator: "equals", value: "main" },
  ];
  const trust = await call(service, "POST", `${ACCOUNT}/federated-identity-providers`, {
    name: "blog",
    issuer,
    assertions,
  });
  const trustPath = `${ACCOUNT}/federated-identity-providers/${trust.id}`;
  say(`in words, it lets in: ${trust.breadth}`);

  step("A dry run with the claims that a job would have: nothing is minted");
  const { exp, iat, nbf, ...claims } = githubClaims({
    repository_id: "777002",
    iss: issuer,
    aud: service.url,
  });
  const before = (await call(service, "POST", `${trustPath}/evaluate`, { claims })) as unknown as Receipt;
  const miss = before.nearestMiss;
  if (before.outcome !== "refused" || miss?.patch == null) throw new Error("the slip was not found");
  say(`${before.outcome}: ${miss.detail}`);
  say(`what would mend it: ${JSON.stringify(miss.patch)}`);
  await call(service, "PATCH", trustPath, miss.patch);
  const after = (await call(service, "POST", `${trustPath}/evaluate`, { claims })) as unknown as Receipt;
  if (after.outcome !== "granted") throw new Error(`the patch did not mend it: ${after.reason}`);
  say(`applied by a person, the same claims come to: ${after.outcome}`);
}
