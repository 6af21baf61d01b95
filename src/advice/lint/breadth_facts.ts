/** What a trust asks for, taken apart for the words: subjects that are made of other claims count as those. */
import { itemOf } from "../../protocol/index.ts";
import { quote } from "../../trust/index.ts";
import { SUBJECTS } from "./breadth_words.ts";
import { isOnlyStars } from "./globs.ts";
import type { Asserted, Reading } from "./reading.ts";
import { writtenValues } from "./reading.ts";

/** One claim that is asked for. */
export interface Fact {
  /** A name, or a JSON Pointer where it is inside. */
  readonly item: string;
  readonly isGlob: boolean;
  readonly values: readonly string[];
  /** As they are compared: a text in quotes, a list in brackets. */
  readonly shown: string;
}

/** The claims that a trust asks for by equals, in and glob. */
export function factsOf({ naming }: Reading, isSubjectWhole: boolean): readonly Fact[] {
  return naming.flatMap((asserted) => {
    const fact = factOf(asserted);
    if (fact.item !== "sub" || isSubjectWhole) return [fact];
    return takenApart(fact) ?? [fact];
  });
}

function factOf({ assertion, path }: Asserted): Fact {
  const values = writtenValues(assertion);
  const shown = values.length === 1 ? quote(values[0]) : `one of ${quote(values)}`;
  return { item: itemOf(path), isGlob: assertion.operator === "glob", values: values.map(String), shown };
}

/** A subject's parts, where all of its values have the same; what is open in it says nothing. */
function takenApart({ values, isGlob }: Fact): readonly Fact[] | undefined {
  const form = SUBJECTS.find((pattern) => values.every((value) => pattern.test(value)));
  if (form === undefined) return undefined;
  const read = values.map((value) => ({ ...form.exec(value)?.groups }));
  const items = Object.keys(read[0] ?? {}).filter((item) =>
    read.every((parts) => parts[item] !== undefined && !(isGlob && isOnlyStars(parts[item]))),
  );
  return items.map((item) => {
    const parts = new Set(read.map((one) => withoutIds(item, one[item] ?? "")));
    return {
      item,
      isGlob: isGlob && [...parts].some((part) => part.includes("*")),
      values: [...parts],
      shown: quote([...parts]),
    };
  });
}

/** `acme@4242/shop@777001` is `acme/shop`. */
function withoutIds(item: string, value: string): string {
  return item === "repository" ? value.replace(/@\d+/g, "") : value;
}
