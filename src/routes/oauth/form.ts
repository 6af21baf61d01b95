import { invalidParameter, type ParameterRefusal, type TokenParameters } from "../../grants/index.ts";
import { accept, type Result, refuse } from "../../protocol/index.ts";

/** Parameters that may repeat. @see RFC 8693 s2.1, RFC 8707 s2 */
const REPEATABLE = ["audience", "resource"];
/** What must never stand in a URL: servers and proxies log those. @see RFC 6749 s2.3.1 */
const CREDENTIALS = [
  "subject_token",
  "actor_token",
  "assertion",
  "client_assertion",
  "client_secret",
  "token",
  "client_id",
];
const PARAMETERS_MAX = 64;

type Parsed = Result<TokenParameters, ParameterRefusal>;

/** Reads the form once, strictly: media type, UTF-8, no parameter twice; an empty one counts as absent. */
export async function parseForm(request: Request): Promise<Parsed> {
  const misplaced = misplacedCredential(request.url);
  if (misplaced !== undefined)
    return invalidParameter(`${misplaced} belongs into the body, never into the URL.`);
  if (/^basic /i.test(request.headers.get("authorization") ?? "")) {
    const description =
      "There are no client secrets here: present the workload's own JWT and no Basic authentication.";
    return refuse({ error: "invalid_client", description });
  }
  const mediaType = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/x-www-form-urlencoded") {
    return invalidParameter("Send the parameters as application/x-www-form-urlencoded.");
  }
  const text = utf8Of(await request.arrayBuffer());
  if (text === undefined) return invalidParameter("The form is not UTF-8.");
  return collect(new URLSearchParams(text));
}

/** A URL without a query, which is every honest one, is not taken apart. */
function misplacedCredential(url: string): string | undefined {
  if (!url.includes("?")) return undefined;
  const { searchParams } = new URL(url);
  return CREDENTIALS.find((name) => searchParams.has(name));
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Of(bytes: ArrayBuffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function collect(form: URLSearchParams): Parsed {
  if (form.size > PARAMETERS_MAX)
    return invalidParameter(`The form has more than ${PARAMETERS_MAX} parameters.`);
  const single = new Map<string, string>();
  const repeatable = new Map<string, string[]>(REPEATABLE.map((name) => [name, []]));
  const seen = new Set<string>();
  for (const [name, value] of form) {
    if (name.includes("\uFFFD") || value.includes("\uFFFD"))
      return invalidParameter("A parameter's percent-encoding is not UTF-8.");
    const values = repeatable.get(name);
    if (values === undefined && seen.has(name)) {
      const known = /^\w{1,40}$/.test(name) ? name : "of one name";
      return invalidParameter(`The parameter ${known} came twice.`);
    }
    seen.add(name);
    if (value === "") continue;
    if (values === undefined) single.set(name, value);
    else values.push(value);
  }
  const [audience = [], resource = []] = repeatable.values();
  return accept({ single, audience, resource });
}
