import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Claims, FailureMode, ForeignIssuer } from "./foreign_issuer.ts";

export const CONTROL_PREFIX = "/__control/";

type ControlBody = {
  claims?: Claims;
  audience?: string;
  /** In seconds. */
  lifetime?: number;
  header?: Claims;
  payload?: Claims;
  mode?: FailureMode | null;
};

/** The methods of a foreign issuer by HTTP, for tests that run where only `fetch` reaches its process. */
export async function serveControl(
  issuer: ForeignIssuer,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let answer: unknown;
  try {
    const body = await text(request);
    const command = `${request.method} ${pathname.slice(CONTROL_PREFIX.length)}`;
    answer = await control(issuer, command, body === "" ? {} : JSON.parse(body));
    if (answer === undefined) status = 404;
  } catch (error) {
    status = 400;
    answer = { error: String(error) };
  }
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer ?? {}));
}

async function control(issuer: ForeignIssuer, command: string, body: ControlBody): Promise<unknown> {
  switch (command) {
    case "POST token": {
      const { claims, audience, lifetime, header } = body;
      return { token: await issuer.token(claims, { audience, lifetimeSeconds: lifetime, header }) };
    }
    case "POST sign-raw":
      return { token: await issuer.signRaw(body.header ?? {}, body.payload ?? {}) };
    case "POST rotate":
      return { kid: await issuer.rotate() };
    case "POST remove-old-keys":
      issuer.removeOldKeys();
      return {};
    case "POST fail":
      issuer.failWith(body.mode ?? null);
      return {};
    case "POST reset-requests":
      issuer.resetRequests();
      return {};
    case "GET requests":
      return Object.fromEntries(issuer.requests);
    default:
      return undefined;
  }
}
