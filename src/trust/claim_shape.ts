import { recordedText } from "../audit/index.ts";

/** A claim's place and its JSON type: what a token looks like, and nothing that it says. */
export interface ClaimShape {
  readonly name: string;
  readonly type: string;
}

const NAMES_MAX = 100;
const NAME_MAX_CHARACTERS = 128;

/** The shape of a token's claims, in the order of their names: those inside an object too, as JSON Pointers. Pure. */
export function claimShapeOf(claims: Readonly<Record<string, unknown>>): readonly ClaimShape[] {
  const shapes = Object.entries(claims).flatMap(([name, value]) => {
    if (typeOf(value) !== "object") return [{ name, type: typeOf(value) }];
    const inner = Object.entries(value as object).map(([member, one]) => {
      return { name: `/${escaped(name)}/${escaped(member)}`, type: typeOf(one) };
    });
    return [{ name, type: "object" }, ...inner];
  });
  return shapes
    .filter(({ name }) => name.length <= NAME_MAX_CHARACTERS && recordedText(name) === name)
    .slice(0, NAMES_MAX)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** @see RFC 6901 s3 */
function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
