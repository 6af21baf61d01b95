import { recordedText } from "../audit/index.ts";
import { itemOf } from "../protocol/index.ts";

/** A claim's place and its JSON type: what a token looks like, and nothing that it says. */
export interface ClaimShape {
  readonly name: string;
  readonly type: string;
}

const NAMES_MAX = 100;
const NAME_MAX_CHARACTERS = 128;

/** Objects inside each other that are looked into: as deep as the ids of a cluster's tokens lie. */
const DEPTH_MAX = 3;

/** The shape of a token's claims, in the order of their names: those inside objects too, as JSON Pointers. Pure. */
export function claimShapeOf(claims: Readonly<Record<string, unknown>>): readonly ClaimShape[] {
  return shapesIn(claims, [])
    .filter(({ name }) => name.length <= NAME_MAX_CHARACTERS && recordedText(name) === name)
    .slice(0, NAMES_MAX)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function shapesIn(members: object, above: readonly string[]): readonly ClaimShape[] {
  return Object.entries(members).flatMap(([member, value]) => {
    const path = [...above, member];
    const shape = { name: itemOf(path), type: typeOf(value) };
    return shape.type === "object" && path.length < DEPTH_MAX ? [shape, ...shapesIn(value, path)] : [shape];
  });
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
