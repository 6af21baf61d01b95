/** HTTP by hand, so that every byte of a request is the caller's; and an ear on the line. */
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Posts a form under `Host`, these headers and none besides: no `Accept`, no `Connection` of Node's own. */
export async function postForm(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<WireAnswer> {
  const sent = request(url, {
    method: "POST",
    agent: false,
    headers: { Host: new URL(url).host, ...headers },
  });
  if (headers.Connection === undefined) sent.removeHeader("connection");
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve).once("error", reject);
  });
  sent.end(body);
  const answer = await answered;
  const bytes = await buffer(answer);
  const isZipped = answer.headers["content-encoding"] === "gzip";
  return {
    status: answer.statusCode ?? 0,
    contentType: answer.headers["content-type"] ?? "",
    text: (isZipped ? gunzipSync(bytes) : bytes).toString("utf8"),
  };
}

/** One request as it came over the line: headers in their order and spelling. */
export interface HeardRequest {
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Recorder {
  readonly url: string;
  readonly heard: HeardRequest[];
  close(): Promise<void>;
}

/** Stands before a service, writes down what comes, and passes form and answer on. */
export async function startRecorder(target: string): Promise<Recorder> {
  const heard: HeardRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const { method, url = "/", rawHeaders } = incoming;
    const body = await text(incoming);
    const headers = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : [],
    );
    heard.push({ line: `${method} ${url}`, headers, body });
    const answer = await postForm(`${target}${url}`, Object.fromEntries(headers.slice(1)), body);
    outgoing.writeHead(answer.status, { "content-type": answer.contentType }).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, close };
}
