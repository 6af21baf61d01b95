import { AUDIENCE_SEGMENTS_MAX } from "../protocol/index.ts";

/** Longest path below an API. */
const PATH_MAX_CHARACTERS = 512;

/**
 * Whether a text is a path below an API as bindings name it: segments of unreserved characters, each behind a slash, and
 * none that a server could read as another one (empty, `.`, `..`, percent-encoded). The empty path is all of the API.
 * @see RFC 3986 s3.3
 */
export function isPath(text: string): boolean {
  if (text === "") return true;
  if (text.length > PATH_MAX_CHARACTERS || !/^(?:\/[A-Za-z0-9._~@:-]+)+$/.test(text)) return false;
  return !/\/\.{1,2}(?:\/|$)/.test(text);
}

/** Whether a path is this one, or lies below it, segment by segment. */
export function isAtOrBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

/**
 * A URI as the audience of an API and the path below it, for every way to cut it: the whole first, then ever shorter,
 * down to its host at most. Nothing but the whole where there is a query, and no cut before what our paths may not say.
 * @see RFC 8707 s2
 */
export function audiencesOf(uri: string): readonly { readonly audience: string; readonly path: string }[] {
  const cuts = [{ audience: uri, path: "" }];
  if (!URL.canParse(uri) || /[?#]/.test(uri)) return cuts;
  let at = uri.lastIndexOf("/");
  while (at > 0 && uri[at - 1] !== "/" && cuts.length <= 2 * AUDIENCE_SEGMENTS_MAX) {
    const [audience, path] = [uri.slice(0, at), uri.slice(at)];
    if (!isPath(path)) break;
    // An audience may be written with its last slash or without; they are two.
    cuts.push({ audience: `${audience}/`, path }, { audience, path });
    at = uri.lastIndexOf("/", at - 1);
  }
  return cuts;
}
