import { checkPrimeSync } from "node:crypto";

/** Of the first 126 primes, whose product M shapes the flawed keys of 2048 bits. @see CVE-2017-15361 */
const PRIMES = primes(126);
export const ROCA_M = PRIMES.reduce((product, prime) => product * prime, 1n);

/** A modulus as the flawed generator made it: both primes are `k * M + (65537^a mod M)`. */
export function rocaModulus(): bigint {
  return rocaPrime(123_456_789n) * rocaPrime(987_654_321n);
}

/** The largest prime below 2^1024 of this shape. */
function rocaPrime(a: bigint): bigint {
  const residue = power(65537n, a, ROCA_M);
  let k = ((1n << 1024n) - 1n) / ROCA_M - 1n;
  while (!checkPrimeSync(k * ROCA_M + residue)) k -= 1n;
  return k * ROCA_M + residue;
}

/** `base` to the `exponent`, modulo `modulus`. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function primes(count: number): readonly bigint[] {
  const found: bigint[] = [];
  for (let candidate = 2n; found.length < count; candidate += 1n) {
    if (found.every((prime) => candidate % prime !== 0n)) found.push(candidate);
  }
  return found;
}
