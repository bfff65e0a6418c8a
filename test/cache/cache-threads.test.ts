import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { AnswerCache, Found } from "../../src/cache/answer-cache.ts";
import { Stored } from "../../src/cache/cache-writer.ts";
import { Head, layoutOf, MIN_CACHE_SIZE, Slot, WAYS } from "../../src/cache/layout.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import { audit } from "../support/cache-audit.ts";
import { addressReply, question, recordsOf, terms } from "../support/stored-answers.ts";

const script = new URL("../support/cache-thread.mjs", import.meta.url);

/** What a thread says at its start and at its end. */
interface Told {
  readonly owner: number;
  readonly reads: number;
  readonly stores: number;
  /** Answers that were neither one that was stored nor another. */
  readonly wrong: number;
  readonly torn: number;
  readonly flushed: number;
  /** Answers that were found after a flush was over which they were there before. */
  readonly outlived: number;
}

interface Running {
  readonly thread: Worker;
  readonly owner: number;
}

/** What a thread does beside reading: of 100 steps `writes` are stores; each `flushes` ms it forgets something, 0: never. */
interface Work {
  readonly writes: number;
  readonly flushes?: number;
}

const threads = new Set<Worker>();

afterEach(async () => {
  await Promise.all([...threads].map((thread) => thread.terminate()));
  threads.clear();
});

/** What threads have in common beside the cache: see cache-thread.mjs. */
function controlOf(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (4 + count)));
}

/** A thread that has begun. */
async function start(
  memory: SharedArrayBuffer,
  control: Int32Array,
  { writes, flushes = 0 }: Work,
  number = 0,
): Promise<Running> {
  const thread = new Worker(script, {
    workerData: { memory, control, number, names: 3000, writes, flushes },
  });
  threads.add(thread);
  const [told] = (await once(thread, "message")) as [Told];
  return { thread, owner: told.owner };
}

/** Lets threads work on a memory for a while; what they say at the end. */
async function work(
  memory: SharedArrayBuffer,
  milliseconds: number,
  works: readonly Work[],
): Promise<Told[]> {
  const control = controlOf(works.length);
  const running = await Promise.all(works.map((one, number) => start(memory, control, one, number)));
  await pause(milliseconds);
  const ends = running.map(({ thread }) => once(thread, "message") as Promise<[Told]>);
  Atomics.store(control, 0, 1);
  return (await Promise.all(ends)).map(([one]) => one);
}

describe("a cache that threads share", () => {
  it("never gives what is neither the old answer nor the new one", async () => {
    const memory = createCacheMemory(MIN_CACHE_SIZE);
    const told = await work(memory, 4000, [{ writes: 20 }, { writes: 80 }]);
    for (const one of told) {
      expect(one.reads).toBeGreaterThan(1000);
      expect(one.stores).toBeGreaterThan(1000);
      expect(one.wrong).toBe(0);
    }
    // It was full: answers were moved and let go all the time.
    const cache = new AnswerCache(memory);
    expect(cache.usage().used).toBeGreaterThan(cache.usage().room / 2);
    expect(audit(cache)).toEqual([]);
  });

  it("never gives what was flushed, nor anything torn, while two threads flush and all of them write", async () => {
    const memory = createCacheMemory(MIN_CACHE_SIZE);
    const told = await work(memory, 5000, [
      { writes: 50 },
      { writes: 10, flushes: 10 },
      { writes: 60, flushes: 35 },
    ]);
    for (const { reads, stores, wrong, outlived } of told) {
      expect(reads).toBeGreaterThan(1000);
      expect(stores).toBeGreaterThan(100);
      expect({ wrong, outlived }).toEqual({ wrong: 0, outlived: 0 });
    }
    for (const { flushed } of told.slice(1)) expect(flushed).toBeGreaterThan(9);
    expect(audit(new AnswerCache(memory))).toEqual([]);
  });

  it("never gives anything torn while its index grows", async () => {
    let grown = 0;
    for (let round = 0; round < 5; round++) {
      // With room for all, or it would never have many.
      const memory = createCacheMemory(16 * MIN_CACHE_SIZE);
      const words = new Int32Array(memory);
      // From the next few on it grows.
      const cache = new AnswerCache(memory);
      for (let i = 0; i < 280; i++)
        cache.store(question(`n${i}.test`), addressReply(`n${i}.test`, i), terms());
      const before = words[Head.SETS]!;
      for (const { wrong } of await work(memory, 500, [{ writes: 70 }, { writes: 10 }]))
        expect(wrong).toBe(0);
      grown += words[Head.SETS]! - before;
      expect(audit(cache)).toEqual([]);
    }
    expect(grown).toBeGreaterThan(20);
  });

  it("shows what one stored to all others", () => {
    const memory = createCacheMemory(MIN_CACHE_SIZE);
    const [one, other] = [new AnswerCache(memory), new AnswerCache(memory)];
    one.store(question("a.test"), addressReply("a.test", 1), terms());
    expect(other.find(question("a.test"))).toBe(Found.FRESH);
    expect(other.claim(30)).toBe(true);
    one.find(question("a.test"));
    expect(one.claim(30)).toBe(false);
  });

  it("tells a reader that what it found was replaced while it was reading", () => {
    const memory = createCacheMemory(MIN_CACHE_SIZE);
    const [reader, writer] = [new AnswerCache(memory), new AnswerCache(memory)];
    writer.store(question("a.test"), addressReply("a.test", 1), terms());
    expect(reader.find(question("a.test"))).toBe(Found.FRESH);
    expect(reader.claim(30)).toBe(true);
    writer.store(question("a.test"), addressReply("a.test", 2), terms());
    expect(recordsOf(reader)).toBeNull();
    expect(reader.copyErrors(Buffer.alloc(0), 0)).toBe(false);
    expect(reader.claim(30)).toBe(false);
    expect(reader.find(question("a.test"))).toBe(Found.FRESH);
    expect(recordsOf(reader)!.readUInt32BE(12)).toBe(2);
  });

  it("is of use to the others when threads end in the middle of writing", { timeout: 120_000 }, async () => {
    const memory = createCacheMemory(MIN_CACHE_SIZE);
    const words = new Int32Array(memory);
    const control = controlOf(1);
    const cache = new AnswerCache(memory);
    let locked = 0;
    for (let round = 0; round < 200 && (round < 12 || locked < 3); round++) {
      const { thread, owner } = await start(memory, control, { writes: 95 });
      await pause(20 + (round % 7));
      await thread.terminate();
      threads.delete(thread);
      if (words[Head.LOCK] === owner) {
        locked++;
        expect(cache.store(question("b.test"), addressReply("b.test", round), terms())).toBe(Stored.BUSY);
      }
      cache.ownerDied(owner);
      expect(cache.store(question("a.test"), addressReply("a.test", round), terms())).toBe(Stored.YES);
      expect(cache.find(question("a.test"))).toBe(Found.FRESH);
      expect(recordsOf(cache)!.readUInt32BE(12)).toBe(round);
    }
    expect(locked).toBeGreaterThan(0);
    // Those that are left find nothing wrong in what the dead have written.
    const { thread } = await start(memory, control, { writes: 5 });
    await pause(1000);
    const end = once(thread, "message") as Promise<[Told]>;
    Atomics.store(control, 0, 1);
    const [told] = await end;
    expect(told.reads).toBeGreaterThan(1000);
    expect(told.wrong).toBe(0);
    // Counts of what lives may be off by what each of the dead was doing; nothing else may.
    expect(audit(cache).filter((fault) => !/ counts /.test(fault))).toEqual([]);
  });

  it("frees the slot that a dead thread was changing, and no lock of one that lives", async () => {
    const memory = createCacheMemory(MIN_CACHE_SIZE);
    const words = new Int32Array(memory);
    const [dead, cache] = [new AnswerCache(memory), new AnswerCache(memory)];
    cache.store(question("a.test"), addressReply("a.test", 1), terms());
    dead.whileStill(() => {
      cache.ownerDied(cache.owner);
      expect(words[Head.LOCK]).toBe(dead.owner);
    });
    const slot = findSlot(words);
    words[Head.LOCK] = dead.owner;
    words[Head.JOURNAL] = slot;
    words[slot + Slot.SEQUENCE]! |= 1;
    expect(cache.find(question("a.test"))).toBe(Found.MISS);
    expect(cache.store(question("a.test"), addressReply("a.test", 2), terms())).toBe(Stored.BUSY);
    await expect(cache.remove(Buffer.of(0), 20)).rejects.toMatchObject({ code: "ERR_DOTLS_CACHE_BUSY" });
    cache.ownerDied(dead.owner);
    expect(audit(cache).filter((fault) => !/ counts /.test(fault))).toEqual([]);
    expect(cache.find(question("a.test"))).toBe(Found.MISS);
    expect(cache.store(question("a.test"), addressReply("a.test", 3), terms())).toBe(Stored.YES);
    expect(cache.find(question("a.test"))).toBe(Found.FRESH);
  });
});

/** The one slot that is in use, as a word of the memory. */
function findSlot(words: Int32Array): number {
  const { slotsAt, sets } = layoutOf(words.byteLength);
  for (let slot = slotsAt; slot < slotsAt + sets * WAYS * Slot.WORDS; slot += Slot.WORDS) {
    if (words[slot + Slot.ENTRY] !== 0) return slot;
  }
  throw new Error("no slot is in use");
}
