/** Bodies that are good once: made before a round, and what it leaves serves the next. */
export interface Supply {
  /** More than a round of this length can use. */
  fill(durationMs: number): Promise<readonly string[]>;
  /** So many were used, from the first on. */
  used(count: number): void;
}

/** Far more than any contestant answers; what is left is not lost. */
const BODIES_PER_MS = 3;
/** Signatures that wait for a thread at a time. */
const AT_ONCE = 64;

export function supplyOf(make: () => Promise<string>): Supply {
  let left: readonly string[] = [];
  return {
    fill: async (durationMs) => {
      const wanted = Math.ceil(durationMs * BODIES_PER_MS);
      const more = [...left];
      while (more.length < wanted) {
        const count = Math.min(AT_ONCE, wanted - more.length);
        more.push(...(await Promise.all(Array.from({ length: count }, make))));
      }
      left = more;
      return left.slice(0, wanted);
    },
    used: (count) => {
      left = left.slice(count);
    },
  };
}
