/** An API behind the example's middleware: its clock in hand, its line to the service to cut or to tap. */
import { Hono } from "hono";
import { type VerifyOptions, verifyWithFeed } from "../../examples/verify_with_feed.ts";

export const FEED_PATH = "/oauth/v2/revoked-tokens";

type Line = (url: string, init: RequestInit) => Promise<Response>;

/** One request for the feed: what it said to know, and how it was answered; 0 for not at all. */
export interface Asked {
  readonly tag: string | null;
  status: number;
}

export function startApi(issuerUrl: string, audience: string, options: Partial<VerifyOptions> = {}) {
  const line: { feed: Line; keys: Line } = { feed: fetch, keys: fetch };
  const asked: Asked[] = [];
  let nowMs = Date.now();
  const ask: Line = async (url, init) => {
    if (!url.endsWith(FEED_PATH)) return line.keys(url, init);
    const entry = { tag: new Headers(init.headers).get("If-None-Match"), status: 0 };
    asked.push(entry);
    const answer = await line.feed(url, init);
    entry.status = answer.status;
    return answer;
  };
  const app = new Hono();
  app.get("/", verifyWithFeed({ issuerUrl, audience, fetch: ask, nowMs: () => nowMs, ...options }), (c) =>
    c.json(c.get("claims")),
  );
  const behind: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void behind.push(work),
    passThroughOnException: () => undefined,
    props: {},
  };
  /** Asks, answers what came first, and only then lets go on what was left behind. */
  const get = async (authorization?: string) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const answer = await app.request("/", { headers }, {}, context);
    await Promise.all(behind.splice(0));
    return answer;
  };
  return {
    ...{ app, line, asked, get },
    show: async (token: string) => (await get(`Bearer ${token}`)).status,
    pass: (seconds: number) => {
      nowMs += seconds * 1000;
    },
  };
}

export const down: Line = async () => {
  throw new TypeError("fetch failed");
};

export function answering(body: string, status = 200, headers: Record<string, string> = {}): Line {
  return async () => new Response(body, { status, headers });
}
