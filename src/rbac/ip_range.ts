import {
  convertIPv4MappedIPv6ToIPv4,
  convertIPv4ToBinary,
  convertIPv6ToBinary,
  isIPv4MappedIPv6,
} from "hono/utils/ipaddr";

/** A block of addresses, from its first to its last. */
export interface Block {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** Whether its text set no bit beyond its prefix. */
  readonly isExact: boolean;
}

const WIDTH = { 4: 32, 6: 128 } as const;
/** Bits before the IPv4 part of an address that is written as IPv6. @see RFC 4291 s2.5.5.2 */
const MAPPED_BITS = 96;

/** Whether a text is a CIDR block, or an address, with no bit set beyond its prefix. @see RFC 4632 s3.1, RFC 4291 s2.3 */
export function isIpRange(text: string): boolean {
  return blockOf(text)?.isExact === true;
}

/** One address, of either family; undefined where a text is none. */
export function addressOf(text: string): Block | undefined {
  return text.includes("/") ? undefined : blockOf(text);
}

/** Parsed once for each list: whoever calls from hundreds of addresses is judged by the same bindings. */
const parsed = new WeakMap<readonly string[], readonly (Block | undefined)[]>();

/** The blocks that texts name; undefined for each that we cannot read. Pure. */
export function blocksOf(ranges: readonly string[]): readonly (Block | undefined)[] {
  const known = parsed.get(ranges);
  if (known !== undefined) return known;
  const made = ranges.map(blockOf);
  parsed.set(ranges, made);
  return made;
}

/** Whether an address lies in a block. An IPv4 address is the same in IPv6's clothes. */
export function isIn({ family, first }: Block, block: Block): boolean {
  return family === block.family && block.first <= first && first <= block.last;
}

function blockOf(text: string): Block | undefined {
  const [, address = "", prefix] = /^([0-9a-fA-F.:]{2,45})(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  try {
    const { family, bits, base } = address.includes(":") ? block6(address, prefix) : block4(address, prefix);
    if (bits < 0 || bits > WIDTH[family]) return undefined;
    const host = (1n << BigInt(WIDTH[family] - bits)) - 1n;
    const last = base | host;
    const first = last - host;
    return { family, first, last, isExact: first === base };
  } catch {
    return undefined;
  }
}

/** An address as it is written, and how many of its bits count. */
interface Prefix {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly bits: number;
}

function block4(address: string, prefix: string | undefined): Prefix {
  return { family: 4, base: convertIPv4ToBinary(address), bits: Number(prefix ?? WIDTH[4]) };
}

function block6(text: string, prefix: string | undefined): Prefix {
  const base = convertIPv6ToBinary(text);
  const bits = Number(prefix ?? WIDTH[6]);
  if (!isIPv4MappedIPv6(base) || bits < MAPPED_BITS) return { family: 6, base, bits };
  return { family: 4, base: convertIPv4MappedIPv6ToIPv4(base), bits: bits - MAPPED_BITS };
}
