import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCountersign, startFloor } from "../../../bench/contestants.ts";
import { startTokenIssuer, type TokenIssuer } from "../../../bench/foreign_tokens.ts";
import { introspection, keyFlow, projectTokens, type Traffic } from "../../../bench/traffic.ts";

/** What the floor does with an account's own credentials is what the service does: same answers, same refusals. */
let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = await startTokenIssuer();
});
afterAll(() => issuer.close());

interface Told {
  readonly name: string;
  readonly traffic: Traffic;
}
const TRAFFICS: readonly Told[] = [
  { name: "the key flow", traffic: keyFlow },
  { name: "project tokens", traffic: projectTokens },
  { name: "introspection by an account", traffic: introspection("account") },
  { name: "introspection by the bootstrap token", traffic: introspection("bootstrap") },
];

async function send(url: string, body: string, authorization: string | undefined) {
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    ...(authorization === undefined ? {} : { authorization }),
  };
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** What two answers have in common: which members there are, and of a token which claims. */
function shapeOf(body: Record<string, unknown>) {
  const token = typeof body.access_token === "string" ? Object.keys(decodeJwt(body.access_token)).sort() : [];
  return { members: Object.keys(body).sort(), claims: token };
}

describe.each(TRAFFICS)("$name", ({ traffic }) => {
  it("is answered alike by the service and its floor, and recorded alike", async () => {
    const setting = { issuer, accounts: 3, traffic };
    const shapes = await Promise.all(
      [startCountersign, startFloor].map(async (start) => {
        const contestant = await start(setting);
        const { target, supply, isRecorded } = contestant;
        const body = (await supply?.fill(1))?.[0] ?? (target.bodies[1] as string);
        const answer = await send(target.url, body, target.authorization);
        expect(answer.status).toBe(200);
        const records = await contestant.countRecords();
        expect(records).toBe(isRecorded ? 1 : 0);
        const again = await send(target.url, body, target.authorization);
        const forged = await send(target.url, `${body.slice(0, -3)}AAA`, target.authorization);
        await contestant.close();
        return [shapeOf(answer.body), again.status, [forged.status, forged.body.active], records];
      }),
    );
    expect(shapes[1]).toEqual(shapes[0]);
  });
});

it("an introspection without a token of ours is refused by the floor", async () => {
  const floor = await startFloor({ issuer, accounts: 1, traffic: introspection("account") });
  const { url, bodies } = floor.target;
  const answer = await send(url, bodies[0] as string, `Bearer ${await issuer.token(url)}`);
  await floor.close();
  expect(answer.status).toBe(400);
});
