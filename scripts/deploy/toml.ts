/** Reads and replaces single strings in wrangler.toml, and leaves every other character as it was. Pure. */

export interface TomlPlace {
  /** Empty for the keys above the first table. */
  readonly table: string;
  /** Picks, of an array of tables, the one with this `binding`. */
  readonly binding?: string;
  readonly key: string;
}

interface Line {
  readonly index: number;
  readonly before: string;
  readonly value: string;
  readonly after: string;
}

const HEADER = /^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}\s*(?:#.*)?$/;
const STRING = /^(\s*([\w-]+)\s*=\s*)(?:"([^"\\]*)"|'([^']*)')(.*)$/s;

/** The string at this place; undefined when there is none. */
export function getTomlString(text: string, place: TomlPlace): string | undefined {
  return findLine(text, place)?.value;
}

/** The text with another string at this place. @throws Error when the place does not exist */
export function setTomlString(text: string, place: TomlPlace, value: string): string {
  const line = findLine(text, place);
  if (line === undefined) throw new Error(`wrangler.toml has no ${placeName(place)}.`);
  if (!/^[\w.:/-]*$/.test(value))
    throw new Error(`${JSON.stringify(value)} does not belong into wrangler.toml.`);
  const lines = text.split("\n");
  lines[line.index] = `${line.before}"${value}"${line.after}`;
  return lines.join("\n");
}

/** `[[d1_databases]] database_id` */
function placeName({ table, binding, key }: TomlPlace): string {
  const brackets = binding === undefined ? `[${table}]` : `[[${table}]] with binding ${binding}:`;
  return table === "" ? key : `${brackets} ${key}`;
}

function findLine(text: string, { table, binding, key }: TomlPlace): Line | undefined {
  for (const section of sectionsOf(text).filter((candidate) => candidate.table === table)) {
    const isMeant = binding === undefined || section.strings.get("binding")?.value === binding;
    if (isMeant) return section.strings.get(key);
  }
  return undefined;
}

function sectionsOf(text: string): { table: string; strings: Map<string, Line> }[] {
  let section = { table: "", strings: new Map<string, Line>() };
  const sections = [section];
  for (const [index, line] of text.split("\n").entries()) {
    const table = HEADER.exec(line)?.[1];
    if (table !== undefined) {
      section = { table, strings: new Map() };
      sections.push(section);
    }
    const [, before = "", key = "", basic, literal, after = ""] = STRING.exec(line) ?? [];
    if (key !== "") section.strings.set(key, { index, before, value: basic ?? literal ?? "", after });
  }
  return sections;
}
