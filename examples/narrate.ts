/** What the examples print: numbered steps, and a line or two below each. */
let steps = 0;

export function step(text: string): void {
  steps += 1;
  console.log(`\n${steps}. ${text}`);
}

export function say(text: string): void {
  console.log(`   ${text}`);
}

export function explain(text: string): void {
  console.log(`\n${text}`);
}
