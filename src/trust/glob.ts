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
  let reached: Reached = new Uint8Array(text.length + 1);
  reached[0] = 1;
  for (const part of parts) {
    reached = part.kind === "text" ? afterText(reached, part.text, text) : afterStar(reached, part, text);
  }
  return reached[text.length] === 1;
}

/** One for each position of the text, its end too: 1 where the parts so far may have led. */
type Reached = Uint8Array;

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

function afterText(reached: Reached, piece: string, text: string): Reached {
  const after = new Uint8Array(reached.length);
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) {
    if (reached[at] === 1) after[at + piece.length] = 1;
  }
  return after;
}

function afterStar(reached: Reached, { crosses }: { readonly crosses: boolean }, text: string): Reached {
  const after = new Uint8Array(reached.length);
  let isOpen = false;
  for (let at = 0; at < reached.length; at++) {
    isOpen ||= reached[at] === 1;
    if (isOpen) after[at] = 1;
    if (!crosses && isSeparator(text[at])) isOpen = false;
  }
  return after;
}

function isSeparator(character: string | undefined): boolean {
  return character === "/" || character === ":";
}
