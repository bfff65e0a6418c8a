import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalFolded, finishHash, FOLD, HASH_SEED, mixByte } from "../../src/dns/name-hash.ts";

function hash(bytes: Uint8Array): number {
  let state = HASH_SEED;
  for (const byte of bytes) state = mixByte(state, byte);
  return finishHash(state);
}

describe("a name's hash", () => {
  it("folds the letters of ASCII and no other byte (RFC 4343)", () => {
    for (let byte = 0; byte < 256; byte++) {
      const letter = byte >= 65 && byte <= 90;
      expect(FOLD[byte]).toBe(letter ? byte + 32 : byte);
    }
  });

  it("is a small integer that case does not change", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (bytes) => {
        const folded = bytes.map((byte) => FOLD[byte]!);
        expect(hash(folded)).toBe(hash(bytes));
        expect(hash(bytes)).toBeGreaterThanOrEqual(0);
        expect(hash(bytes)).toBeLessThan(2 ** 30);
      }),
    );
  });

  it("spreads names that differ in a digit", () => {
    const buckets = new Uint32Array(64);
    for (let i = 0; i < 64_000; i++) buckets[hash(Buffer.from(`host-${i}`)) & 63]!++;
    expect(Math.max(...buckets)).toBeLessThan(1300);
    expect(Math.min(...buckets)).toBeGreaterThan(700);
  });
});

describe("names compared", () => {
  it("are equal when they are but for case, at any offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(5), fc.nat(5), (bytes, a, b) => {
        const left = Buffer.concat([Buffer.alloc(a, 1), bytes]);
        const right = Buffer.concat([Buffer.alloc(b, 2), bytes.map((byte) => FOLD[byte]!)]);
        expect(equalFolded(left, a, right, b, bytes.length)).toBe(true);
        const other = bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 0x81 : byte));
        expect(equalFolded(left, a, other, 0, bytes.length)).toBe(bytes.length === 0);
      }),
    );
  });
});
