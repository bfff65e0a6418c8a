import { describe, expect, it } from "vitest";
import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { layoutOf, MAX_CACHE_SIZE, MIN_CACHE_SIZE, Slot, WAYS } from "../../src/cache/layout.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import { addressReply, question, terms } from "../support/stored-answers.ts";

const refused: unknown = expect.objectContaining({ code: "ERR_DOTLS_CACHE_SIZE" });

describe("the memory of a cache", () => {
  it("is divided without overlap, and nearly all of it is used, at every size", () => {
    for (const size of [
      MIN_CACHE_SIZE,
      MIN_CACHE_SIZE + 12,
      10_000_000,
      64 * 2 ** 20,
      512 * 2 ** 20,
      MAX_CACHE_SIZE,
    ]) {
      const layout = layoutOf(size);
      const slotsEnd = layout.slotsAt + layout.sets * WAYS * Slot.WORDS;
      expect(layout.segmentsAt + layout.segments * 4).toBeLessThanOrEqual(layout.slotsAt);
      expect(slotsEnd).toBeLessThanOrEqual(layout.ghostsAt / 2);
      expect((layout.ghostsAt + layout.ghosts) / 2).toBeLessThanOrEqual(layout.arenaAt);
      const end = (layout.arenaAt + layout.segments * layout.segmentWords) * 4;
      expect(end).toBeLessThanOrEqual(size);
      expect(size - end).toBeLessThan(layout.segmentWords * 4);
      expect(layout.segments).toBeGreaterThan(20);
      expect(layout.segments).toBeLessThanOrEqual(4096);
    }
  });

  it("is touched where it is used: a few answers in a large cache need a few pages", () => {
    const shared = createCacheMemory(64 * 2 ** 20);
    const cache = new AnswerCache(shared);
    for (let i = 0; i < 100; i++) cache.store(question(`n${i}.test`), addressReply(`n${i}.test`, i), terms());
    for (let i = 0; i < 1000; i++) cache.find(question(`n${i}.test`));
    const words = new Int32Array(shared);
    let pages = 0;
    for (let page = 0; page < words.length; page += 1024) {
      if (words.subarray(page, page + 1024).some((word) => word !== 0)) pages++;
    }
    expect(pages).toBeLessThan(12);
  });

  it("is refused when it is too small, too large or no size at all", () => {
    for (const size of [0, 1, MIN_CACHE_SIZE - 1, MAX_CACHE_SIZE + 1, Number.NaN, Infinity]) {
      expect(() => createCacheMemory(size)).toThrow(refused);
    }
  });

  it("is refused when it is other memory", () => {
    expect(() => new AnswerCache(new SharedArrayBuffer(MIN_CACHE_SIZE))).toThrow(refused);
    const cut = new SharedArrayBuffer(MIN_CACHE_SIZE);
    new Uint8Array(cut).set(new Uint8Array(createCacheMemory(2 * MIN_CACHE_SIZE)).subarray(0, 4096));
    expect(() => new AnswerCache(cut)).toThrow(refused);
  });

  it("hashes differently each time", () => {
    const seeds = Array.from({ length: 20 }, () => new Int32Array(createCacheMemory(MIN_CACHE_SIZE))[2]);
    expect(new Set(seeds).size).toBe(20);
  });
});
