import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slot } from "../../src/cache/layout.ts";
import {
  hitsOf,
  isClaimedAt,
  MAX_CLAIM,
  noteHit,
  renewed,
  useOf,
  withClaim,
  withUse,
} from "../../src/cache/slot-meta.ts";

const word = fc.integer();

function afterHits(meta: number, hits: number): number {
  const words = new Int32Array(Slot.WORDS);
  words[Slot.META] = meta;
  for (let i = 0; i < hits; i++) noteHit(words, 0, words[Slot.META]!);
  return words[Slot.META]!;
}

describe("the word that readers change", () => {
  it("counts hits up to what its bits hold, and nothing beside them", () => {
    for (const meta of [0, withClaim(0, 77)]) {
      for (const hits of [0, 1, 2, 3, 4, 15, 16, 100]) {
        const after = afterHits(meta, hits);
        expect([useOf(after), hitsOf(after)]).toEqual([Math.min(hits, 3), Math.min(hits, 15)]);
        expect(after >>> 12).toBe(meta >>> 12);
      }
    }
  });

  it("does not undo what another thread wrote since it was read", () => {
    const words = new Int32Array(Slot.WORDS);
    const seen = 0;
    words[Slot.META] = withClaim(seen, 5);
    noteHit(words, 0, seen);
    expect(words[Slot.META]).toBe(withClaim(seen, 5));
  });

  it("keeps a claim for as long as it was made for, at any second", () => {
    fc.assert(
      fc.property(
        word,
        fc.integer({ min: 1, max: 2 ** 31 - 300 }),
        fc.integer({ min: 2, max: MAX_CLAIM }),
        (meta, now, length) => {
          const claimed = withClaim(meta, now + length);
          expect(isClaimedAt(claimed, now)).toBe(true);
          expect(isClaimedAt(claimed, now + length - 1)).toBe(true);
          // One second more where the bits of its end would be those of "no claim".
          expect(isClaimedAt(claimed, now + length + 1)).toBe(false);
          expect(isClaimedAt(claimed, now + 100_000)).toBe(false);
          expect([useOf(claimed), hitsOf(claimed)]).toEqual([useOf(meta), hitsOf(meta)]);
        },
      ),
    );
  });

  it("keeps how much an entry is used, and nothing else, when it is stored anew", () => {
    fc.assert(
      fc.property(word, (meta) => {
        const anew = renewed(meta);
        expect([useOf(anew), hitsOf(anew), isClaimedAt(anew, 1)]).toEqual([useOf(meta), 0, false]);
        for (const use of [0, 1, 2, 3]) {
          expect(useOf(withUse(meta, use))).toBe(use);
          expect(hitsOf(withUse(meta, use))).toBe(hitsOf(meta));
        }
      }),
    );
  });
});
