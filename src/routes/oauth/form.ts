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
  "client_id",
];
const PARAMETERS_MAX = 64;

type Parsed = Result<TokenParameters, ParameterRefusal>;

/** Reads the form once, strictly: media type, UTF-8, no parameter twice; an empty one counts as absent. */
export async function parseForm(request: Request): Promise<Parsed> {
  const misplaced = CREDENTIALS.find((name) => new URL(request.url).searchParams.has(name));
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
  return collect([...new URLSearchParams(text)]);
}

function utf8Of(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function collect(entries: readonly (readonly [string, string])[]): Parsed {
  if (entries.length > PARAMETERS_MAX)
    return invalidParameter(`The form has more than ${PARAMETERS_MAX} parameters.`);
  if (entries.some(([name, value]) => `${name}${value}`.includes("\uFFFD"))) {
    return invalidParameter("A parameter's percent-encoding is not UTF-8.");
  }
  const names = entries.map(([name]) => name);
  const repeated = names.find((name, index) => !REPEATABLE.includes(name) && names.indexOf(name) !== index);
  if (repeated !== undefined) {
    return invalidParameter(
      `The parameter ${/^\w{1,40}$/.test(repeated) ? repeated : "of one name"} came twice.`,
    );
  }
  const valuesOf = (wanted: string) =>
    entries.filter(([name, value]) => name === wanted && value !== "").map(([, value]) => value);
  return accept({
    single: new Map(entries.filter(([name, value]) => !REPEATABLE.includes(name) && value !== "")),
    audience: valuesOf("audience"),
    resource: valuesOf("resource"),
  });
}
