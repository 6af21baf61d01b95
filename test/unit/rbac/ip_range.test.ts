import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, blocksOf, isIn, isIpRange } from "../../../src/rbac/ip_range.ts";

const isAddress = (text: string) => addressOf(text) !== undefined;

function isInRange(address: string, range: string): boolean {
  const [one, [block]] = [addressOf(address), blocksOf([range])];
  return one !== undefined && block !== undefined && isIn(one, block);
}

describe("a range", () => {
  it.each([
    "203.0.113.0/24",
    "203.0.113.7",
    "203.0.113.7/32",
    "0.0.0.0/0",
    "255.255.255.255",
    "128.0.0.0/1",
    "2001:db8::/32",
    "2001:DB8::/32",
    "2001:db8::1",
    "2001:db8::1/128",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "::/0",
    "::",
    "::1",
    "8000::/1",
    "::ffff:203.0.113.0/120",
    "::ffff:203.0.113.7",
    "::ffff:cb00:7100/120",
    "::ffff:0:0/96",
    "::203.0.113.7",
    "64:ff9b::203.0.113.0/120",
  ])("may be %s", (text) => {
    expect(isIpRange(text)).toBe(true);
  });

  it.each<readonly [name: string, text: string]>([
    ["nothing", ""],
    ["a slash", "/"],
    ["a prefix alone", "/24"],
    ["an address without a prefix", "203.0.113.0/"],
    ["two prefixes", "203.0.113.0/24/24"],
    ["three parts", "1.2.3"],
    ["three parts and a prefix", "10.0.0/8"],
    ["one number", "3405803783"],
    ["five parts", "1.2.3.4.5"],
    ["an empty part", "1..3.4"],
    ["a dot behind", "1.2.3.4."],
    ["a part that is too big", "256.1.1.1"],
    ["hexadecimal parts", "0x7f.0.0.1"],
    ["a hexadecimal number", "0x7f000001"],
    ["octal parts", "0177.0.0.1"],
    ["leading zeros", "203.000.113.007"],
    ["a leading zero in a mapped one", "::ffff:203.0.113.07"],
    ["host bits", "203.0.113.7/24"],
    ["a host bit beyond /0", "0.0.0.1/0"],
    ["host bits of IPv6", "2001:db8::1/32"],
    ["a host bit beyond IPv6's /0", "::1/0"],
    ["host bits of a mapped one", "::ffff:203.0.113.7/120"],
    ["a mapped one with less than the mapping", "::ffff:203.0.113.0/95"],
    ["a mapped one with IPv4's prefix", "::ffff:203.0.113.0/24"],
    ["a prefix that is too long", "203.0.113.0/33"],
    ["a prefix of IPv6 that is", "2001:db8::/129"],
    ["a mapped one's that is", "::ffff:203.0.113.7/129"],
    ["a huge prefix", "203.0.113.0/4294967296"],
    ["one that counts round", "203.0.113.0/264"],
    ["a negative prefix", "203.0.113.0/-1"],
    ["a prefix with a sign", "203.0.113.0/+24"],
    ["a prefix with a zero", "203.0.113.0/024"],
    ["a prefix with a fraction", "203.0.113.0/24.0"],
    ["a prefix in hexadecimal", "203.0.113.0/0x18"],
    ["a prefix with an exponent", "203.0.113.0/1e1"],
    ["a net mask", "203.0.113.0/255.255.255.0"],
    ["a span", "203.0.113.0-203.0.113.9"],
    ["a wildcard", "203.0.113.*"],
    ["a space before", " 203.0.113.0/24"],
    ["a space behind", "203.0.113.0/24 "],
    ["a line end behind", "203.0.113.0/24\n"],
    ["a space inside", "203.0.113.0 /24"],
    ["a port", "203.0.113.7:443"],
    ["brackets", "[2001:db8::1]"],
    ["a zone", "fe80::1%eth0"],
    ["a zone and a prefix", "fe80::%1/64"],
    ["seven groups", "1:2:3:4:5:6:7"],
    ["nine groups", "1:2:3:4:5:6:7:8:9"],
    ["eight groups and a gap", "1::2:3:4:5:6:7:8"],
    ["two gaps", "1::2::3"],
    ["three colons", ":::"],
    ["a colon before", ":1:2:3:4:5:6:7"],
    ["a colon behind", "1:2:3:4:5:6:7:"],
    ["a group of five", "12345::"],
    ["a group that is no number", "g::"],
    ["an IPv4 address inside", "::1.2.3.4:5"],
    ["an IPv4 address before", "1.2.3.4::"],
    ["an IPv4 address too many", "1:2:3:4:5:6:7:1.2.3.4"],
    ["digits beyond ASCII", "２03.0.113.0/24"],
    ["a full-width dot", "203。0.113.0"],
    ["a host", "localhost"],
    ["a member of every object", "constructor"],
    ["a text without end", "1".repeat(100_000)],
  ])("is not %s", (_name, text) => {
    expect(isIpRange(text)).toBe(false);
  });
});

describe("an address", () => {
  it.each<readonly [address: string, range: string, expected: boolean]>([
    ["203.0.113.0", "203.0.113.0/24", true],
    ["203.0.113.255", "203.0.113.0/24", true],
    ["203.0.114.0", "203.0.113.0/24", false],
    ["203.0.112.255", "203.0.113.0/24", false],
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.8", "203.0.113.7/32", false],
    ["0.0.0.0", "0.0.0.0/0", true],
    ["255.255.255.255", "0.0.0.0/0", true],
    ["127.255.255.255", "128.0.0.0/1", false],
    ["2001:db8:ffff::", "2001:db8::/32", true],
    ["2001:DB8::A", "2001:db8::a", true],
    ["2001:db9::", "2001:db8::/32", false],
    ["::2", "::1/128", false],
    ["ffff::", "::/0", true],
    // An IPv4 address is the same however it is written, on either side.
    ["::ffff:203.0.113.7", "203.0.113.0/24", true],
    ["::ffff:cb00:7107", "203.0.113.0/24", true],
    ["0:0:0:0:0:FFFF:203.0.113.7", "203.0.113.7", true],
    ["203.0.113.7", "::ffff:203.0.113.0/120", true],
    ["203.0.113.7", "::ffff:cb00:7107", true],
    ["203.0.114.7", "::ffff:203.0.113.0/120", false],
    ["203.0.113.7", "::ffff:0:0/96", true],
    // Beside that the families do not meet.
    ["203.0.113.7", "::/0", false],
    ["::ffff:203.0.113.7", "::/0", false],
    ["::1", "0.0.0.0/0", false],
    ["::203.0.113.7", "203.0.113.7", false],
    ["::fffe:203.0.113.7", "203.0.113.7", false],
  ])("%s in %s: %s", (address, range, expected) => {
    expect(isInRange(address, range)).toBe(expected);
  });

  it.each([
    "",
    "unknown",
    "203.0.113.7/32",
    "203.0.113.0/24",
    "203.0.113.7:443",
    "fe80::1%eth0",
    " ::1",
    "1.2.3",
  ])("that is none, %j, is in no range", (text) => {
    expect(isAddress(text)).toBe(false);
    for (const range of ["0.0.0.0/0", "::/0", text]) expect(isInRange(text, range)).toBe(false);
  });
});

/** Bits, most significant first, as text of either family; what lies beyond the prefix is zero. */
function textOf(bits: bigint, family: 4 | 6): string {
  const groups = Array.from({ length: family === 4 ? 4 : 8 }, (_, index) => {
    const size = family === 4 ? 8n : 16n;
    return (bits >> (size * BigInt((family === 4 ? 3 : 7) - index))) & ((1n << size) - 1n);
  });
  return groups.map((group) => group.toString(family === 4 ? 10 : 16)).join(family === 4 ? "." : ":");
}

const scene = fc.constantFrom(4 as const, 6 as const).chain((family) => {
  const width = family === 4 ? 32 : 128;
  return fc.record({
    family: fc.constant(family),
    prefix: fc.integer({ min: 0, max: width }),
    base: fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }),
    // One bit apart at most: else two addresses would hardly ever share a prefix.
    flipped: fc.option(fc.integer({ min: 0, max: width - 1 })),
  });
});

describe("whatever the range", () => {
  it("Node's own block list agrees", () => {
    const verdicts = { inside: 0, outside: 0 };
    fc.assert(
      fc.property(scene, ({ family, prefix, base, flipped }) => {
        const width = family === 4 ? 32n : 128n;
        // What IPv4 looks like in IPv6's clothes is Node's IPv4 too, but by another rule.
        fc.pre(family === 4 || base >> 33n !== 0n);
        const host = width - BigInt(prefix);
        const network = textOf((base >> host) << host, family);
        const address = textOf(flipped === null ? base : base ^ (1n << BigInt(flipped)), family);
        const list = new BlockList();
        list.addSubnet(network, prefix, `ipv${family}`);
        const expected = list.check(address, `ipv${family}`);
        expect(isIpRange(`${network}/${prefix}`)).toBe(true);
        expect(isInRange(address, `${network}/${prefix}`)).toBe(expected);
        if (family === 4) expect(isInRange(`::ffff:${address}`, `${network}/${prefix}`)).toBe(expected);
        verdicts[expected ? "inside" : "outside"] += 1;
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(verdicts.inside, verdicts.outside)).toBeGreaterThan(300);
  });

  it("bits beyond the prefix make it none", () => {
    fc.assert(
      fc.property(scene, ({ family, prefix, base }) => {
        const width = BigInt(family === 4 ? 32 : 128);
        fc.pre(family === 4 || base >> 33n !== 0n);
        const host = width - BigInt(prefix);
        const isClean = (base >> host) << host === base;
        expect(isIpRange(`${textOf(base, family)}/${prefix}`)).toBe(isClean);
      }),
      { numRuns: 1000 },
    );
  });

  it("no text at all throws", () => {
    const characters = fc.constantFrom(..."0123456789abcdefFx.:/% -[]\n");
    const text = fc.oneof(fc.string(), fc.string({ unit: characters, maxLength: 50 }));
    fc.assert(
      fc.property(text, text, (address, range) => {
        expect([isIpRange(range), isAddress(address), isInRange(address, range)]).not.toContain(undefined);
      }),
      { numRuns: 3000 },
    );
  });
});
