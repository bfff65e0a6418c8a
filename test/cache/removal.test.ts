import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { AnswerCache, Found } from "../../src/cache/answer-cache.ts";
import { Stored } from "../../src/cache/cache-writer.ts";
import { CacheCounter } from "../../src/cache/counters.ts";
import { Head } from "../../src/cache/layout.ts";
import { audit } from "../support/cache-audit.ts";
import { wireName } from "../support/raw-query.ts";
import { addressReply, ownCache, question, terms } from "../support/stored-answers.ts";

const CORP = wireName("corp.test");

/** A cache with so many names of the one zone and of the other. */
function filled(corp: number, other: number, size: number = 32 * 1024 * 1024): AnswerCache {
  const { cache } = ownCache(size);
  const names = [
    ...Array.from({ length: corp }, (_, i) => `n${i}.corp.test`),
    ...Array.from({ length: other }, (_, i) => `n${i}.other.test`),
  ];
  for (const name of names) {
    expect(cache.store(question(name), addressReply(name, 1), terms())).toBe(Stored.YES);
  }
  return cache;
}

/** Which of so many names of the zone are there. */
function found(cache: AnswerCache, corp: number): string[] {
  const names = Array.from({ length: corp }, (_, i) => `n${i}.corp.test`);
  return names.filter((name) => cache.find(question(name)) !== Found.MISS);
}

/** Does `work` in each turn of the event loop until `done`; gives how many there were. */
async function meanwhile<T>(
  done: Promise<T>,
  work: (turn: number) => void,
): Promise<{ turns: number; result: T }> {
  const state = { over: false };
  let turns = 0;
  const end = done.finally(() => (state.over = true));
  // Whether it fails is told by the one who waits for it.
  end.catch(() => {});
  while (!state.over) {
    work(turns++);
    await nextTurn();
  }
  return { turns, result: await end };
}

describe("removing from a cache that is in use", () => {
  it.each([
    ["all", (cache: AnswerCache) => cache.clear()],
    ["a zone", (cache: AnswerCache) => cache.removeBelow(CORP)],
  ])("lets the event loop go on meanwhile, and counts: %s", async (what, remove) => {
    const cache = filled(60_000, 60_000);
    const before = cache.usage().positives;
    const there = found(cache, 60_000).length;
    const { turns, result } = await meanwhile(remove(cache), () => {});
    expect(turns).toBeGreaterThan(4);
    expect(result).toBe(what === "all" ? before : there);
    expect(cache.usage().positives).toBe(before - result);
    expect(cache.counters[CacheCounter.REMOVED]).toBe(result);
    expect(found(cache, 60_000)).toEqual([]);
    expect(audit(cache)).toEqual([]);
  });

  it.each([
    ["the index grows", 64, 80_000, (cache: AnswerCache) => new Int32Array(cache.memory)[Head.SETS]!],
    [
      "answers move in a full arena",
      8,
      80_000,
      (cache: AnswerCache) => cache.counters[CacheCounter.EVICTIONS]!,
    ],
  ])("leaves nothing that was there before, while %s", async (_what, mebibytes, other, changes) => {
    const cache = filled(20_000, other, mebibytes * 1024 * 1024);
    expect(found(cache, 20_000).length).toBeGreaterThan(100);
    const before = changes(cache);
    const { turns, result } = await meanwhile(cache.removeBelow(CORP), (turn) => {
      // Enough that something changes though there may be few turns, and that it ends though there may be many.
      for (let i = turn < 3 ? 5000 : 200; i > 0; i--) {
        const name = `new${turn}-${i}.other.test`;
        cache.store(question(name), addressReply(name, 2), terms());
      }
    });
    expect(turns).toBeGreaterThan(1);
    expect(result).toBeGreaterThan(0);
    expect(changes(cache)).toBeGreaterThan(before);
    expect(found(cache, 20_000)).toEqual([]);
    expect(audit(cache)).toEqual([]);
  });

  it("by two at once: each entry goes once, and is counted once", async () => {
    const cache = filled(20_000, 20_000);
    const before = cache.usage().positives;
    const other = new AnswerCache(cache.memory);
    const [one, two, zone] = await Promise.all([cache.clear(), other.clear(), cache.removeBelow(CORP)]);
    expect(one + two + zone).toBe(before);
    expect(cache.usage()).toMatchObject({ used: 0, positives: 0 });
    expect(audit(cache)).toEqual([]);
  });

  it("waits for a thread that writes, without holding the event loop", async () => {
    const cache = filled(100, 100, 4 * 1024 * 1024);
    const words = new Int32Array(cache.memory);
    const other = new AnswerCache(cache.memory);
    words[Head.LOCK] = other.owner;
    const begun = performance.now();
    const { turns, result } = await meanwhile(cache.clear(), () => {
      // Its supervisor finds out that it is gone.
      if (words[Head.LOCK] === other.owner && performance.now() - begun > 300) cache.ownerDied(other.owner);
    });
    expect(result).toBe(200);
    expect(turns).toBeGreaterThan(1);
  });

  it("gives up when another thread never lets go", async () => {
    const cache = filled(10, 10, 4 * 1024 * 1024);
    new Int32Array(cache.memory)[Head.LOCK] = 99;
    await expect(cache.clear(50)).rejects.toMatchObject({ code: "ERR_DOTLS_CACHE_BUSY" });
    expect(cache.usage().positives).toBe(20);
  });
});
