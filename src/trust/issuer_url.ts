import { accept, type Result, refuse } from "../protocol/index.ts";

const ISSUER_MAX_CHARACTERS = 255;
const DOCUMENT_MAX_CHARACTERS = 2048;

/** For whom, and to what end, a URL is judged. */
export interface IssuerUrlRules {
  /** Lets http and loopback in. */
  readonly isDevelopment: boolean;
  /** We do not trust, nor fetch from, ourselves. */
  readonly ownOrigin: string;
  /** False when the key set was uploaded: then a host that only its own cluster can name is fine. */
  readonly isFetched: boolean;
  /** True for what an issuer's documents lead to: such a URL may be longer, and have a query. */
  readonly isDocument?: boolean;
}

/**
 * Whether a URL may be an issuer, or lead to the key set of one. Pure. Refuses with the reason in words. What is
 * accepted is canonical, so that what we judge is what fetch() asks. What a name resolves to is beyond us: on
 * Cloudflare fetch() reaches no private network, elsewhere an egress rule has to see to it.
 */
export function judgeIssuerUrl(text: string, rules: IssuerUrlRules): Result<URL, string> {
  const maxCharacters = rules.isDocument ? DOCUMENT_MAX_CHARACTERS : ISSUER_MAX_CHARACTERS;
  if (text.length > maxCharacters) return refuse(`is longer than ${maxCharacters} characters`);
  if (!/^[\x21-\x7e]+$/.test(text))
    return refuse("has white space, control characters or characters beyond ASCII");
  if (text.includes("\\")) return refuse("has a backslash");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return refuse("is not an absolute URL");
  const shape = judgeShape(text, url, rules.isDocument ?? false);
  if (shape !== undefined) return refuse(shape);
  const isLoopback = isLoopbackHost(url.hostname);
  if (rules.isDevelopment && isLoopback) return judgeLoopback(url, rules);
  if (url.protocol !== "https:") return refuse("must be https");
  const host = judgeHost(url.hostname, rules.isFetched);
  if (host !== undefined) return refuse(host);
  if (url.port !== "" && rules.isFetched) return refuse("must use port 443");
  if (url.origin === rules.ownOrigin) return refuse("is our own origin");
  return accept(url);
}

function judgeShape(text: string, url: URL, isDocument: boolean): string | undefined {
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must be https";
  if (text.includes("?") && !isDocument) return "has a query";
  if (text.includes("#")) return "has a fragment";
  if (url.username !== "" || url.password !== "" || text.includes("@")) return "has user information";
  if (/%2f|%5c|%2e|%00/i.test(text)) return "has an encoded slash, dot or NUL";
  if (url.pathname.includes("//")) return "has an empty path segment";
  if (url.href !== text && url.href !== `${text}/`)
    return `is not canonical; it would be read as ${url.href}`;
  return undefined;
}

/** Loopback is for development: any port, http too, but never ourselves under another name. */
function judgeLoopback(url: URL, rules: IssuerUrlRules): Result<URL, string> {
  const own = new URL(rules.ownOrigin);
  if (isLoopbackHost(own.hostname) && own.port === url.port) return refuse("is our own origin");
  return accept(url);
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Names that only a private network resolves, and special-use names. @see RFC 6761, RFC 8375 */
const PRIVATE_SUFFIXES = [
  "internal",
  "svc",
  "cluster",
  "consul",
  "docker",
  "private",
  "local",
  "localdomain",
  "lan",
  "intranet",
  "corp",
  "home",
  "home.arpa",
];
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const SPECIAL_SUFFIXES = ["localhost", "invalid", "test", "onion", "arpa"];

function judgeHost(hostname: string, isFetched: boolean): string | undefined {
  if (hostname.startsWith("[") || /^[\d.]+$/.test(hostname)) return "has an IP address as its host";
  if (hostname.endsWith(".")) return "has a host that ends in a dot";
  if (!hostname.split(".").every((label) => DOMAIN_LABEL.test(label)))
    return "has a host that is no domain name";
  if (SPECIAL_SUFFIXES.some((suffix) => isBelow(hostname, suffix))) return "has a host of special use";
  if (!isFetched) return undefined;
  if (!hostname.includes(".") || PRIVATE_SUFFIXES.some((suffix) => isBelow(hostname, suffix))) {
    return "has a host of a private network; upload its key set as jwks instead";
  }
  return undefined;
}

function isBelow(hostname: string, suffix: string): boolean {
  return hostname === suffix || hostname.endsWith(`.${suffix}`);
}
