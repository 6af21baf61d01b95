import { itemOf, segmentsOf } from "../../protocol/index.ts";
import { claimAt, doesHold, isPositive, kindOf } from "../../trust/index.ts";
import { type FailedAssertion, folded, type Miss, missOf, shown, shownClaim } from "./miss.ts";

/** Members of a token that are looked at, when one is missed. */
const PLACES_MAX = 500;

/** A claim that is not there: perhaps it is in another place. */
export function placeMiss(failed: FailedAssertion): Miss {
  return pointerMiss(failed) ?? memberMiss(failed) ?? absentMiss(failed);
}

/** An item whose dots and slashes are read otherwise: `a.b/c` against `/a.b/c`. */
function pointerMiss(failed: FailedAssertion): Miss | undefined {
  const { assertion, token } = failed;
  const wanted = flattened(assertion.item);
  const places = placesOf(token.claims).filter((path) => flattened(path.join("/")) === wanted);
  const [path, ...others] = places;
  if (path === undefined || others.length > 0) return undefined;
  const item = itemOf(path);
  const detail = `no claim is there, but one is at ${shown(item)}: / begins a JSON Pointer, without it the item is one claim's whole name`;
  const holds = doesHold(assertion, claimAt(token.claims, path));
  if (!holds) return missOf(failed, "pointer", `${detail}; its value does not meet the trust.`);
  return missOf(failed, "pointer", `${detail}.`, { by: { ...assertion, item } });
}

/** An item that names one place of an array whose order says nothing. */
export function memberMiss(failed: FailedAssertion): Miss | undefined {
  const { assertion, token } = failed;
  const segments = segmentsOf(assertion.item);
  const parent = segments.slice(0, -1);
  if (parent.length === 0 || !/^\d+$/.test(segments.at(-1) ?? "")) return undefined;
  const array = claimAt(token.claims, parent);
  if (!Array.isArray(array) || !isPositive(assertion) || !doesHold(assertion, array)) return undefined;
  const by = { ...assertion, item: itemOf(parent) };
  return missOf(
    failed,
    "array_member",
    "the value is in the array, at another place than that; its order says nothing.",
    { by },
  );
}

function absentMiss(failed: FailedAssertion): Miss {
  const { assertion, token } = failed;
  const name = folded(segmentsOf(assertion.item).at(-1) ?? "");
  const elsewhere = placesOf(token.claims).find((path) => folded(path.at(-1) ?? "") === name);
  const kind = kindOf(token.issuer, token.claims);
  const isKnown = claimAt(kind?.sample ?? {}, segmentsOf(assertion.item)) !== undefined;
  const where = elsewhere === undefined ? "" : `; one of that name is at ${shown(itemOf(elsewhere))}`;
  const how = isKnown ? `; ${kind?.title} sends it for some jobs only, or where it is asked to` : "";
  return missOf(failed, "absent", `the token does not carry it${where}${how}. Change the pipeline.`);
}

/** Whether the value at a place other than asked is one of an array's members, which a text cannot say. */
export function listMiss(failed: FailedAssertion, want: string, got: string): Miss | undefined {
  const members = got.split(",").map((member) => member.trim());
  if (members.length < 2 || want.includes(",") || !members.includes(want)) return undefined;
  const { item } = failed.assertion;
  const detail = `the token has a list as one text, ${shownClaim(item, got)}, and ${shownClaim(item, want)} is in it; ask for the whole text, if that is meant.`;
  return missOf(failed, "array_member", detail);
}

/** The paths of all that a token says, its arrays' members left out. */
function placesOf(claims: Readonly<Record<string, unknown>>): readonly (readonly string[])[] {
  const places: (readonly string[])[] = [];
  const open: (readonly [readonly string[], unknown])[] = [[[], claims]];
  while (open.length > 0 && places.length < PLACES_MAX) {
    const [path, value] = open.shift() ?? [[], null];
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    for (const [name, inner] of Object.entries(value).slice(0, PLACES_MAX)) {
      places.push([...path, name]);
      open.push([[...path, name], inner]);
    }
  }
  return places;
}

/** An item, or a path joined with slashes, with all that separates made one. */
function flattened(item: string): string {
  return item
    .replaceAll("~1", "/")
    .replaceAll("~0", "~")
    .replace(/[./]+/g, "/")
    .replace(/^\/|\/$/g, "");
}
