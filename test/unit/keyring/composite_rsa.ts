import { createPrivateKey, createPublicKey, generatePrimeSync } from "node:crypto";

const EXPONENT = 65537n;
const PRIMES = 8;

/**
 * A large RSA key in no time: its p and q are each the product of four primes, which nobody who only computes with them
 * can tell. To be used for nothing but its size.
 */
export function compositeRsaKey(bits: number) {
  const primes = Array.from({ length: PRIMES }, () => generatePrimeSync(bits / PRIMES, { bigint: true }));
  const [ofP, ofQ] = [primes.slice(0, PRIMES / 2), primes.slice(PRIMES / 2)];
  const [p, q] = [product(ofP), product(ofQ)];
  const d = inverse(EXPONENT, totient(primes));
  const [dp, dq] = [d % totient(ofP), d % totient(ofQ)];
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp, dq, qi: inverse(q, p) };
  const members = Object.entries(numbers).map(([name, number]) => [name, base64url(number)]);
  const privateKey = createPrivateKey({ key: { kty: "RSA", ...Object.fromEntries(members) }, format: "jwk" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function product(numbers: readonly bigint[]): bigint {
  return numbers.reduce((left, right) => left * right, 1n);
}

function totient(primes: readonly bigint[]): bigint {
  return product(primes.map((prime) => prime - 1n));
}

/** @see the extended algorithm of Euclid */
function inverse(of: bigint, modulus: bigint): bigint {
  let [remainder, next] = [modulus, of % modulus];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

function base64url(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
}
