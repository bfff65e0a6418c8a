import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnswerCache, EVERY_TYPE, Found } from "../../src/cache/answer-cache.ts";
import { Stored } from "../../src/cache/cache-writer.ts";
import { CacheCounter } from "../../src/cache/counters.ts";
import { Kind } from "../../src/cache/kind.ts";
import { Family, LANES, layoutOf, Segment } from "../../src/cache/layout.ts";
import { pointer, rawRecord } from "../support/raw-query.ts";
import { audit } from "../support/cache-audit.ts";
import { addressReply, ownCache, question, recordsOf, reply, terms } from "../support/stored-answers.ts";

const SIZE = 4 * 1024 * 1024;

/** How many answers to A such a cache can hold, roughly. */
const ROOM = 40_000;

/** A cache with steady names that have been asked for at least twice. */
function warm(names: number): AnswerCache {
  const { cache } = ownCache(SIZE);
  for (let round = 0; round < 2; round++) for (let i = 0; i < names; i++) ask(cache, `steady${i}.test`, i);
  return cache;
}

/** Asks as a resolver does: what is not found is stored. Gives whether it was found. */
function ask(cache: AnswerCache, name: string, address: number): boolean {
  const asked = question(name);
  if (cache.find(asked) === Found.FRESH) {
    if (recordsOf(cache)!.readUInt32BE(12) !== address)
      throw new Error(`${name} has the answer of another name`);
    return true;
  }
  if (cache.store(asked, addressReply(name, address), terms()) !== Stored.YES) throw new Error("not stored");
  return false;
}

/** Of all steady names, the part that is found while so many others are asked for between two of them. */
function hitRate(cache: AnswerCache, names: number, rounds: number, flood: () => void): number {
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names; i++) {
      if (ask(cache, `steady${i}.test`, i)) hits++;
      flood();
    }
  }
  return hits / (rounds * names);
}

/** Bytes of the segments that a family has. */
function bytesOf(cache: AnswerCache, family: number): number {
  const words = new Int32Array(cache.memory);
  const { segmentsAt, segments, segmentWords } = layoutOf(cache.memory.byteLength);
  let count = 0;
  for (let i = 0; i < segments; i++) {
    const lane = words[segmentsAt + i * Segment.WORDS + Segment.STATE]! - 1;
    if (lane >= 0 && lane < LANES && lane >> 1 === family) count++;
  }
  return count * segmentWords * 4;
}

describe("a cache that is full", () => {
  it("holds nearly as many answers as its index has slots, and loses none before it is full", () => {
    const { cache } = ownCache(SIZE);
    for (let i = 0; i < 30_000; i++) ask(cache, `name${i}.test`, i);
    expect(cache.usage().positives).toBeGreaterThan(29_900);
    expect(audit(cache)).toEqual([]);
  });

  it("keeps what is steady while more new names than it can hold pass between two questions for each", () => {
    const names = 500;
    const cache = warm(names);
    let next = 0;
    const rate = hitRate(cache, names, 3, () => {
      for (let k = 0; k < 120; k++) ask(cache, `x${next++}.flood.test`, 1);
    });
    expect(next / 3).toBeGreaterThan(ROOM);
    expect(rate).toBeGreaterThan(0.95);
    expect(audit(cache)).toEqual([]);
  });

  it("takes in what becomes steady in the midst of a flood, though it is full of what was steady", () => {
    const names = 200;
    const { cache } = ownCache(SIZE);
    for (let round = 0; round < 3; round++)
      for (let i = 0; i < ROOM * 0.8; i++) ask(cache, `old${i}.test`, i);
    let next = 0;
    const flood = (): void => {
      for (let k = 0; k < 60; k++) ask(cache, `x${next++}.flood.test`, 1);
    };
    // What is new has but its tenth of the room: it is gone before it is asked for again.
    hitRate(cache, names, 3, flood);
    expect(hitRate(cache, names, 3, flood)).toBeGreaterThan(0.95);
  });

  it("keeps it though all that is new is stored anew again and again", () => {
    const names = 1000;
    const cache = warm(names);
    // Short lives: the same names, stored once more every time.
    let next = 0;
    const rate = hitRate(cache, names, 5, () => {
      for (let k = 0; k < 20; k++) {
        const name = `short${next++ % 500}.test`;
        cache.store(question(name), addressReply(name, next), terms());
      }
    });
    expect(rate).toBeGreaterThan(0.99);
    expect(audit(cache)).toEqual([]);
  });

  it("gives negatives a quarter at the most, and takes nothing from the rest for them", () => {
    const names = 2000;
    const cache = warm(names);
    let next = 0;
    const rate = hitRate(cache, names, 6, () => {
      for (let k = 0; k < 10; k++) {
        const name = `nx${next++}.flood.test`;
        const negative = terms({ kind: Kind.NXDOMAIN, type: EVERY_TYPE });
        cache.store(
          question(name),
          reply({ name, authorities: [rawRecord(pointer(12), 6, Buffer.alloc(40))] }),
          negative,
        );
      }
    });
    expect(rate).toBe(1);
    expect(bytesOf(cache, Family.NEGATIVE)).toBeGreaterThan(cache.usage().room / 5);
    expect(bytesOf(cache, Family.NEGATIVE)).toBeLessThanOrEqual(cache.usage().room / 4);
    expect(cache.counters[CacheCounter.EVICTIONS]).toBeGreaterThan(10_000);
    expect(audit(cache)).toEqual([]);
  });

  it("keeps steady negatives through a flood of negatives, and of positives", () => {
    const { cache } = ownCache(SIZE);
    let next = 0;
    const negative = terms({ kind: Kind.NODATA });
    const denied = (name: string): boolean => {
      if (cache.find(question(name)) === Found.FRESH) return true;
      cache.store(
        question(name),
        reply({ name, authorities: [rawRecord(pointer(12), 6, Buffer.alloc(40))] }),
        negative,
      );
      return false;
    };
    let hits = 0;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 300; i++) {
        if (denied(`search${i}.test`) && round >= 4) hits++;
        for (let k = 0; k < 20; k++) {
          if (round % 2 === 0) denied(`nx${next++}.flood.test`);
          else ask(cache, `x${next++}.flood.test`, 1);
        }
      }
    }
    expect(hits / (16 * 300)).toBeGreaterThan(0.95);
  });

  it("gives failures a thirtieth, or two segments", () => {
    const cache = warm(100);
    for (let i = 0; i < 20_000; i++)
      cache.storeFailure(question(`f${i}.test`), 2, new Uint8Array(40), 30, 30);
    expect(bytesOf(cache, Family.FAILURE)).toBeLessThanOrEqual(2 * 128 * 1024);
    expect(hitRate(cache, 100, 1, () => undefined)).toBe(1);
  });

  it("clears away what is over before it lets go of anything else", () => {
    const { cache, time } = ownCache(SIZE);
    for (let i = 0; i < 20_000; i++) {
      const name = `short${i}.test`;
      cache.store(question(name), addressReply(name, 1), terms({ lifetime: 1, stale: 1 }));
    }
    time.pass(3);
    cache.tick();
    for (let i = 0; i < 30_000; i++) ask(cache, `long${i}.test`, i);
    expect(cache.counters[CacheCounter.EVICTIONS]! / 30_000).toBeLessThan(0.01);
    expect(cache.counters[CacheCounter.EXPIRED]).toBeGreaterThan(15_000);
    expect(audit(cache)).toEqual([]);
  });

  it("stays consistent with answers of every size, whatever comes", () => {
    const { cache, time } = ownCache(SIZE);
    const kinds = [Kind.POSITIVE, Kind.POSITIVE, Kind.NODATA, Kind.NXDOMAIN, Kind.FAILURE];
    const sizes = fc.oneof(fc.nat(200), fc.nat(200), fc.nat(3000), fc.integer({ min: 30_000, max: 65_000 }));
    const one = fc.record({ n: fc.nat(3000), size: sizes, kind: fc.constantFrom(...kinds), wait: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(one, { minLength: 200, maxLength: 400, size: "max" }), (list) => {
        for (const { n, size, kind, wait } of list) {
          time.pass(wait);
          cache.tick();
          const name = `n${n}.test`;
          const record = rawRecord(pointer(12), 99, Buffer.alloc(size, n), 600_000);
          const done = cache.store(
            question(name),
            reply({ name, answers: [record] }),
            terms({ kind, lifetime: 60 }),
          );
          expect(done).toBe(Stored.YES);
          const found =
            kind === Kind.FAILURE ? cache.findFailure(question(name)) : cache.find(question(name));
          expect(found).toBe(Found.FRESH);
          expect(recordsOf(cache)!.equals(record)).toBe(true);
          expect(cache.usage().used).toBeLessThanOrEqual(cache.usage().room);
        }
        expect(audit(cache)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
