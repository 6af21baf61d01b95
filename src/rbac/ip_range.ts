import {
  convertIPv4MappedIPv6ToIPv4,
  convertIPv4ToBinary,
  convertIPv6ToBinary,
  isIPv4MappedIPv6,
} from "hono/utils/ipaddr";

/** A block of addresses: those whose first `bits` bits are those of `address`. */
interface Block {
  readonly family: 4 | 6;
  readonly address: bigint;
  readonly bits: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;
/** Bits before the IPv4 part of an address that is written as IPv6. @see RFC 4291 s2.5.5.2 */
const MAPPED_BITS = 96;

/** Whether a text is a CIDR block, or an address, with no bit set beyond its prefix. @see RFC 4632 s3.1, RFC 4291 s2.3 */
export function isIpRange(text: string): boolean {
  const block = blockOf(text);
  if (block === undefined) return false;
  const host = (1n << BigInt(WIDTH[block.family] - block.bits)) - 1n;
  return (block.address & host) === 0n;
}

/** Whether a text is one address, of either family. */
export function isAddress(text: string): boolean {
  return !text.includes("/") && blockOf(text) !== undefined;
}

/** Whether an address lies in a range; false where either is none. An IPv4 address is the same in IPv6's clothes. */
export function isInRange(address: string, range: string): boolean {
  const [one, block] = [blockOf(address), blockOf(range)];
  if (one === undefined || block === undefined || one.family !== block.family) return false;
  if (!isAddress(address)) return false;
  const host = BigInt(WIDTH[block.family] - block.bits);
  return one.address >> host === block.address >> host;
}

function blockOf(text: string): Block | undefined {
  const [, address = "", prefix] = /^([0-9a-fA-F.:]{2,45})(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  try {
    const block = address.includes(":") ? block6(address, prefix) : block4(address, prefix);
    return block.bits >= 0 && block.bits <= WIDTH[block.family] ? block : undefined;
  } catch {
    return undefined;
  }
}

function block4(address: string, prefix: string | undefined): Block {
  return { family: 4, address: convertIPv4ToBinary(address), bits: Number(prefix ?? WIDTH[4]) };
}

function block6(text: string, prefix: string | undefined): Block {
  const address = convertIPv6ToBinary(text);
  const bits = Number(prefix ?? WIDTH[6]);
  if (!isIPv4MappedIPv6(address) || bits < MAPPED_BITS) return { family: 6, address, bits };
  return { family: 4, address: convertIPv4MappedIPv6ToIPv4(address), bits: bits - MAPPED_BITS };
}
