/**
 * Small primes at which moduli of the ROCA flaw stand out: modulo each of them such a modulus is a power of 65537.
 * A sound modulus passes all of them by chance once in about 2^27. @see CVE-2017-15361
 */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
const GENERATOR = 65537;

const POWERS_BY_PRIME: readonly (readonly [bigint, ReadonlySet<bigint>])[] = PRIMES.map((prime) => [
  BigInt(prime),
  powersModulo(prime),
]);

/** Whether an RSA modulus has the shape that makes it factorable. */
export function hasRocaShape(modulus: bigint): boolean {
  return POWERS_BY_PRIME.every(([prime, powers]) => powers.has(modulus % prime));
}

function powersModulo(prime: number): ReadonlySet<bigint> {
  const powers = new Set<bigint>();
  for (let power = 1; !powers.has(BigInt(power)); power = (power * GENERATOR) % prime)
    powers.add(BigInt(power));
  return powers;
}
