/** Least, middle and greatest of some figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws RangeError of an empty list: there is nothing to say about no measurement */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = sortedOf(values);
  return { min: sorted[0] as number, median: quantile(sorted, 0.5), max: sorted.at(-1) as number };
}

export function median(values: readonly number[]): number {
  return quantile(sortedOf(values), 0.5);
}

/** The p-th percentile by nearest rank: a latency that did occur. @param p in (0, 100] */
export function percentile(values: readonly number[], p: number): number {
  const sorted = sortedOf(values);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] as number;
}

function sortedOf(values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new RangeError("no values");
  return values.toSorted((a, b) => a - b);
}

/** Between neighbours where the position falls between them. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const low = sorted[Math.floor(position)] as number;
  const high = sorted[Math.ceil(position)] as number;
  return low + (high - low) * (position - Math.floor(position));
}
