/** The demo's second story: a workload without an identity of its own. */
import type { LocalWorker } from "../scripts/local_worker.ts";
import { type KeyFile, presentAssertion, signAssertion } from "./key_flow.ts";
import { say, step } from "./narrate.ts";
import { call, introspect } from "./service_calls.ts";

/** For what has no identity of its own, such as a machine in a cellar: a key, once written down, and its end. */
export async function tellTheKeyStory(service: LocalWorker): Promise<void> {
  const keys = "/v1/projects/shop/service-accounts/backup/keys";
  step("A machine in the cellar has no CI that vouches for it: its account gets a key");
  await call(service, "POST", "/v1/projects/shop/service-accounts", { name: "backup" });
  const file = (await call(service, "POST", keys, { algorithm: "ED25519" })) as unknown as KeyFile;
  say(`the key file is answered once; only its public half stays here (kid ${file.credentials.kid})`);

  step("The machine signs an assertion with it and gets a token (the STACKIT SDKs' key flow)");
  const assertion = await signAssertion(file);
  const granted = await presentAssertion(file, assertion);
  if (granted.status !== 200) throw new Error(`the key flow was refused: ${await granted.text()}`);
  const { access_token: token } = (await granted.json()) as { access_token: string };
  say(
    `200; whoever copied the assertion comes too late: ${(await presentAssertion(file, assertion)).status}`,
  );

  step("The key is switched off: it gets no token any more, and the one it got is dead at once");
  say(`before: ${JSON.stringify({ active: (await introspect(service, token)).active })}`);
  await call(service, "PATCH", `${keys}/${file.credentials.kid}`, { active: false });
  const refused = await presentAssertion(file, await signAssertion(file));
  const { active } = await introspect(service, token);
  if (refused.status === 200 || active !== false) throw new Error("a key that is switched off still works");
  say(`after: a new assertion gets ${refused.status}, introspection says ${JSON.stringify({ active })}`);
}
