import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKey, hashName, NAME_OF_TAG, tagOf } from "../../src/cache/key.ts";
import { wireName } from "../support/raw-query.ts";

const SEED = 0x5eed1234;
const label = fc.string({
  unit: fc.constantFrom("a", "b", "c", "X", "Y", "Z", "0", "9", "-", "_"),
  minLength: 1,
  maxLength: 12,
});
const name = fc.array(label, { maxLength: 5 }).map((labels) => labels.join("."));

function hash(text: string, at = 0): number {
  const bytes = Buffer.concat([Buffer.alloc(at, 0xaa), wireName(text), Buffer.alloc(3, 0xbb)]);
  return hashName(bytes, at, bytes.length - at - 3, SEED);
}

describe("the hash of a name", () => {
  it("is the same for both cases and wherever the name stands", () => {
    fc.assert(
      fc.property(name, fc.nat(9), (text, at) => {
        expect(hash(text.toUpperCase(), at)).toBe(hash(text.toLowerCase()));
      }),
    );
  });

  it("is another one for another seed", () => {
    const wire = wireName("www.example.test");
    const hashes = new Set(Array.from({ length: 100 }, (_, seed) => hashName(wire, 0, wire.length, seed)));
    expect(hashes.size).toBe(100);
  });

  it("differs for nearly all names, and gives them tags of their own", () => {
    const hashes = new Set<number>();
    const tags = new Set<number>();
    for (let i = 0; i < 50_000; i++) {
      const nameHash = hash(`host-${i}.example.test`);
      const keyHash = hashKey(nameHash, 1, 1, 0);
      hashes.add(keyHash);
      tags.add(tagOf(nameHash, keyHash));
    }
    expect(hashes.size).toBeGreaterThan(49_990);
    expect(tags.size).toBeGreaterThan(49_900);
  });

  it("is told from the tag, whatever the type", () => {
    const nameHash = hash("www.example.test");
    const tags = [1, 28, 65].flatMap((type) =>
      [0, 1, 2, 4].map((variant) => tagOf(nameHash, hashKey(nameHash, type, 1, variant))),
    );
    expect(new Set(tags).size).toBe(12);
    expect(new Set(tags.map((tag) => tag & NAME_OF_TAG)).size).toBe(1);
  });
});
