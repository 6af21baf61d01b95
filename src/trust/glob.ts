/** A star costs one walk through the text; beyond this a pattern says less than a list would. */
export const GLOB_STARS_MAX = 8;
/** Longer claims are no names: no pattern matches them. */
const TEXT_MAX_CHARACTERS = 4096;

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "star"; readonly crosses: boolean };

/**
 * Whether a pattern matches the whole text: `*` stands for any characters but `/` and `:`, `**` for any at all, both for
 * none too; everything else for itself. Time grows with the stars times the text, whatever both say: no regular
 * expression runs.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (text.length > TEXT_MAX_CHARACTERS) return false;
  const parts = partsOf(pattern);
  if (parts.filter(({ kind }) => kind === "star").length > GLOB_STARS_MAX) return false;
  let reached: ReadonlySet<number> = new Set([0]);
  for (const part of parts) {
    reached = part.kind === "text" ? afterText(reached, part.text, text) : afterStar(reached, part, text);
    if (reached.size === 0) return false;
  }
  return reached.has(text.length);
}

/** The literal parts and the stars of a pattern, in order. */
export function partsOf(pattern: string): readonly Part[] {
  return pattern
    .split(/(\*+)/)
    .filter((piece) => piece !== "")
    .map((piece) =>
      piece.startsWith("*")
        ? { kind: "star", crosses: piece.length > 1 }
        : ({ kind: "text", text: piece } as const),
    );
}

function afterText(reached: ReadonlySet<number>, piece: string, text: string): ReadonlySet<number> {
  const after = new Set<number>();
  for (const position of reached) {
    if (text.startsWith(piece, position)) after.add(position + piece.length);
  }
  return after;
}

function afterStar(
  reached: ReadonlySet<number>,
  { crosses }: { readonly crosses: boolean },
  text: string,
): ReadonlySet<number> {
  const after = new Set<number>();
  for (const start of reached) {
    for (let position = start; position <= text.length && !after.has(position); position++) {
      after.add(position);
      if (!crosses && isSeparator(text[position])) break;
    }
  }
  return after;
}

function isSeparator(character: string | undefined): boolean {
  return character === "/" || character === ":";
}
