import { describe, expect, it } from "vitest";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "./outcomes.ts";

const start = Date.UTC(2026, 10, 21, 14, 0, 0);

describe.each([false, true])("forgetting (a ring that threads share: %s)", (shared) => {
  const memory = (size: number): SharedArrayBuffer | null => (shared ? HistoryRing.memory(size, 1) : null);
  const ringOn = (size: number, on: SharedArrayBuffer | null): HistoryRing =>
    new HistoryRing(
      size,
      { wall: () => start, monotonic: () => 0 },
      on === null ? null : { memory: on, writers: 1, writer: 0 },
    );
  const names = (ring: HistoryRing): (string | null | undefined)[] =>
    Array.from({ length: ring.recorded - ring.oldest }, (_, i) => ring.entry(ring.oldest + i)?.name);

  it("leaves nothing, and goes on with what comes", () => {
    const ring = ringOn(10, memory(10));
    for (let i = 0; i < 15; i++) ring.ended(outcomeOf(`n${i}.`));
    expect(ring.forget()).toBe(10);
    expect([ring.oldest, ring.recorded, ring.entry(14)]).toEqual([15, 15, undefined]);
    expect(ring.forget()).toBe(0);
    for (let i = 15; i < 30; i++) ring.ended(outcomeOf(`n${i}.`));
    expect(names(ring)).toEqual(Array.from({ length: 10 }, (_, i) => `n${20 + i}.`));
  });

  it("wipes names and clients from memory", () => {
    const on = memory(10);
    const ring = ringOn(10, on);
    for (let i = 0; i < 7; i++) ring.ended(outcomeOf("secret.example.", { clientAddress: "192.0.2.77" }));
    const holds = (text: string): boolean => on !== null && Buffer.from(on).includes(text);
    expect(holds("secret") && holds("192.0.2.77")).toBe(on !== null);
    ring.forget();
    expect(holds("secret") || holds("192.0.2.77")).toBe(false);
  });

  it("is no loss for who was reading", () => {
    const ring = ringOn(10, memory(10));
    const cursor = ring.cursor();
    for (let i = 0; i < 5; i++) ring.ended(outcomeOf(`n${i}.`));
    cursor.next();
    ring.forget();
    expect([cursor.next(), cursor.waiting, cursor.takeLost()]).toEqual([undefined, 0, 0]);
    ring.ended(outcomeOf("new."));
    expect([cursor.next()?.name, cursor.takeLost()]).toEqual(["new.", 0]);
    // What was overwritten after that is one.
    for (let i = 0; i < 13; i++) ring.ended(outcomeOf(`m${i}.`));
    expect([cursor.next()?.name, cursor.takeLost()]).toEqual(["m3.", 3]);
  });

  it("by age lets go of the old ones alone", () => {
    const ring = ringOn(10, memory(10));
    for (let i = 0; i < 6; i++) ring.ended(outcomeOf(`n${i}.`, { receivedAt: i * 10 }));
    expect(ring.forgetBefore(start)).toBe(0);
    expect(ring.forgetBefore(start + 25)).toBe(3);
    expect(names(ring)).toEqual(["n3.", "n4.", "n5."]);
    expect(ring.forgetBefore(start + 1000)).toBe(3);
    expect(ring.forgetBefore(start + 1000)).toBe(0);
  });

  it("of nothing is nothing", () => {
    expect(ringOn(0, memory(0)).forget()).toBe(0);
    expect(ringOn(3, memory(3)).forgetBefore(start)).toBe(0);
  });
});

describe("a row that is being wiped", () => {
  it("is not written by another thread, whose query is lost and counted", () => {
    const memory = HistoryRing.memory(4, 1);
    let now = 0;
    const place = { memory, writers: 1, writer: 0 };
    const ring = new HistoryRing(4, { wall: () => start, monotonic: () => now }, place);
    const cursor = ring.cursor();
    // The stamps stand behind the head, the times and the durations.
    const stamps = new Int32Array(memory, 8 + 4 * 8 + 4 * 4, 4);
    stamps[0] = -1;
    ring.ended(outcomeOf("lost."));
    ring.ended(outcomeOf("kept."));
    expect(cursor.next()).toBeUndefined();
    now = 200;
    expect([cursor.next()?.name, cursor.takeLost()]).toEqual(["kept.", 1]);
  });
});
