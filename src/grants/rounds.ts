/** Decisions whose ground moved before they were committed are made again, this often. */
const DECISIONS_MAX = 3;

/** Decides until the ground stands still; `again` where it never does. */
export async function inRounds<Decided>(
  decide: () => Promise<Decided | "again">,
): Promise<Decided | "again"> {
  for (let round = 0; round < DECISIONS_MAX; round++) {
    const decided = await decide();
    if (decided !== "again") return decided;
  }
  return "again";
}
