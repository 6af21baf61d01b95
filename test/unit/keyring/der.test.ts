import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DER, derChildren, derElement, derInside, derOfBase64, pemOf } from "../../../src/keyring/index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("a length is written in the fewest bytes (X.690 s10.1)", () => {
  it.each([
    [0, "0400"],
    [127, "047f"],
    [128, "048180"],
    [255, "0481ff"],
    [256, "04820100"],
    [65535, "0482ffff"],
  ])("of %i bytes", (length, header) => {
    const element = derElement(DER.octetString, new Uint8Array(length));
    expect(hex(element.subarray(0, element.length - length))).toBe(header);
    expect(derInside(element, DER.octetString)).toEqual(new Uint8Array(length));
  });

  it("as OpenSSL writes it", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const pkcs1 = publicKey.export({ type: "pkcs1", format: "der" });
    const numbers = derChildren(derInside(pkcs1, DER.sequence)).map(({ whole }) => whole);
    expect(hex(derElement(DER.sequence, ...numbers))).toBe(hex(pkcs1));
  });
});

describe("what is no element", () => {
  it.each([
    ["nothing", ""],
    ["a tag alone", "30"],
    ["a length without end", "3080"],
    ["a length of three bytes", "3083000001ff"],
    ["content that is cut short", "3002ff"],
    ["bytes behind it", "3001ffff"],
    ["another tag", "0401ff"],
  ])("%s", (_name, bytes) => {
    expect(derInside(Buffer.from(bytes, "hex"), DER.sequence)).toHaveLength(0);
  });

  it("ten side by side are read, eleven are not", () => {
    const of = (count: number) => new Uint8Array(2 * count).map((_, index) => (index % 2 === 0 ? 5 : 0));
    expect(derChildren(of(10))).toHaveLength(10);
    expect(derChildren(of(11))).toHaveLength(0);
  });
});

describe("PEM", () => {
  it("is what the runtime reads", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const der = publicKey.export({ type: "spki", format: "der" });
    const pem = pemOf("PUBLIC KEY", der);
    expect(createPublicKey(pem).export({ type: "spki", format: "der" })).toEqual(der);
    expect(derOfBase64(pem.split("\n")[1] ?? "")).toEqual(new Uint8Array(der));
  });

  it("holds base64 alone", () => {
    expect(derOfBase64("a-b_")).toBeUndefined();
  });
});
