/** What generated pages are made of. */

export const NOTE = "<!-- Made by `npm run docs`; edit its source instead. -->";

/** Path below the repository, and text. */
export type Page = readonly [path: string, text: string];

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
