import { judgeIssuerUrl } from "../../trust/index.ts";
import { folded, type Miss, shown } from "./miss.ts";

/** How two issuers are akin; undefined where they are strangers. */
type Kinship = "same" | "issuer_slash" | "issuer_case";

const ORIGIN = /^(https?:\/\/[^/]*)(.*)$/is;

/** Whether a received issuer is the trusted one, but for one slash at the end or for its host's case. */
export function kinshipOf(received: string, trusted: string): Kinship | undefined {
  if (received === trusted) return "same";
  if (received === `${trusted}/` || trusted === `${received}/`) return "issuer_slash";
  return withPlainHost(received) === withPlainHost(trusted) ? "issuer_case" : undefined;
}

/** What is wrong with the issuer, of those that are akin. */
export function issuerMiss(received: string, trusted: string, issuerUrl: string): Miss | undefined {
  const kinship = kinshipOf(received, trusted);
  if (kinship === undefined || kinship === "same") return undefined;
  const how =
    kinship === "issuer_slash"
      ? "only by the slash at its end; issuers are compared letter by letter"
      : "only by the case of its host";
  const allowed = judgeIssuerUrl(received, {
    isDevelopment: true,
    ownOrigin: issuerUrl,
    isFetched: false,
  });
  const advice = allowed.ok ? "" : `; no trust can name it, since it ${allowed.refusal}: change the issuer`;
  return {
    kind: kinship,
    part: "the issuer",
    detail: `${shown(received)} was received, ${shown(trusted)} is trusted: ${how}${advice}.`,
    fix: allowed.ok ? { members: { issuer: received } } : undefined,
  };
}

function withPlainHost(issuer: string): string {
  const [, origin, rest] = ORIGIN.exec(issuer) ?? [];
  return origin === undefined ? issuer : `${folded(origin)}${rest ?? ""}`;
}
