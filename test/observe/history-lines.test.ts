import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyLine } from "../../src/observe/history-line.ts";
import { HistoryLines } from "../../src/observe/history-lines.ts";
import { HistoryPrivacy } from "../../src/observe/history-privacy.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import type { Outcome } from "../../src/observe/outcome.ts";
import { Source } from "../../src/observe/outcome.ts";
import { outcomeOf } from "./outcomes.ts";

const start = Date.UTC(2026, 10, 21, 14, 0, 0);
const clocks = { wall: () => start, monotonic: () => 0 };

const letters = fc.stringMatching(/^[a-z0-9_-]{1,20}$/).map((text) => Array.from(Buffer.from(text)));
const anything = fc.array(fc.nat(255), { minLength: 1, maxLength: 63 });
const names = fc
  .array(fc.oneof({ weight: 9, arbitrary: letters }, { weight: 1, arbitrary: anything }), { maxLength: 5 })
  .map((labels) => labels.flatMap((label) => [label.length, ...label]))
  .filter((wire) => wire.length < 255)
  .map((wire) => Uint8Array.of(...wire, 0));
const u16 = fc.nat(65_535);
const us = fc.oneof(fc.nat(5000), fc.nat(0x7fff_ffff));
const reasons = fc.option(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant('a"b\\c')), {
  nil: null,
});

const outcomes: fc.Arbitrary<Outcome> = fc
  .record({
    name: fc.option(names, { nil: null }),
    receivedAt: fc.double({ min: 0, max: 1e7, noNaN: true }),
    duration: fc.oneof(fc.double({ min: 0, max: 5000, noNaN: true }), fc.double({ min: 0, noNaN: true })),
    transport: fc.constantFrom(0, 1),
    clientAddress: fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom("fe80::1%eth0", 'fe80::1%"', "fe80::1%\\", "fe80::1%\u00e9"),
    ),
    clientPort: u16,
    id: u16,
    type: fc.oneof(fc.constantFrom(1, 28, 65), u16),
    class: fc.oneof(fc.constant(1), u16),
    querySize: u16,
    hasEdns: fc.boolean(),
    udpSize: u16,
    dnssecOk: fc.boolean(),
    rcode: fc.oneof(fc.constantFrom(-1, 0, 3), fc.nat(4095)),
    replySize: u16,
    replyFlags: u16,
    source: fc.constantFrom(...Object.values(Source)),
    clear: fc.boolean(),
    server: fc.option(fc.constantFrom("tls://192.0.2.1#dns.example", "https://d\u00f6h.example/"), {
      nil: null,
    }),
    error: reasons,
    waitUs: us,
    connectUs: us,
    tlsUs: us,
    sendUs: us,
    answerUs: fc.oneof(us, fc.constant(-1)),
  })
  .map(({ name, id, ...known }) => {
    const wire = name ?? new Uint8Array(0);
    const bytes = new Uint8Array(12 + wire.length + 4);
    bytes.set([id >> 8, id & 255]);
    bytes.set(wire, 12);
    return Object.assign(known, { bytes, nameLength: wire.length });
  });

const rings: Record<string, (size: number) => HistoryRing> = {
  "of one thread": (size) => new HistoryRing(size, clocks),
  "of several threads": (size) =>
    new HistoryRing(size, clocks, { memory: HistoryRing.memory(size, 2), writers: 2, writer: 1 }),
  "of masked clients": (size) => new HistoryRing(size, clocks, null, new HistoryPrivacy("mask-clients")),
  "without clients": (size) => new HistoryRing(size, clocks, null, new HistoryPrivacy("hide-clients")),
};

describe.each(Object.entries(rings))("lines of a history %s", (_, ringOf) => {
  it("are those of its entries, byte for byte", () => {
    const lines = new HistoryLines();
    fc.assert(
      fc.property(fc.array(outcomes, { minLength: 1, maxLength: 20 }), (all) => {
        const ring = ringOf(all.length);
        for (const outcome of all) ring.ended(outcome);
        lines.clear();
        expect(ring.cursor(0).take(100, lines)).toBe(all.length);
        expect(lines.count).toBe(all.length);
        const expected = all.map((_, at) => historyLine(ring.entry(at)!)).join("");
        expect(lines.bytes.toString()).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe("lines of a history", () => {
  it("end before the last one when that is taken away", () => {
    const ring = new HistoryRing(3, clocks);
    const lines = new HistoryLines();
    for (const name of ["a.example.", "b.example.", "c.example."]) ring.ended(outcomeOf(name));
    ring.cursor(0).take(2, lines);
    lines.drop();
    ring.cursor(2).take(1, lines);
    expect(lines.count).toBe(2);
    expect(lines.bytes.toString()).toBe(historyLine(ring.entry(0)!) + historyLine(ring.entry(2)!));
  });

  it("stay right with more servers and reasons than are remembered", () => {
    const count = 1000;
    const ring = new HistoryRing(count, clocks);
    for (let i = 0; i < count; i++)
      ring.ended(outcomeOf("a.example.", { server: `tls://${i % 400}`, error: `reason ${i % 300}` }));
    const lines = new HistoryLines();
    ring.cursor(0).take(count, lines);
    const expected = Array.from({ length: count }, (_, at) => historyLine(ring.entry(at)!)).join("");
    expect(lines.bytes.toString()).toBe(expected);
  });
});

describe("queries taken many at a time", () => {
  it("follow one another, from the oldest that is left on, and the others are counted", () => {
    const ring = new HistoryRing(4, clocks);
    const cursor = ring.cursor();
    for (let i = 0; i < 7; i++) ring.ended(outcomeOf(`n${i}.example.`));
    const lines = new HistoryLines();
    expect(cursor.take(3, lines)).toBe(3);
    expect(cursor.take(3, lines)).toBe(1);
    expect(cursor.take(3, lines)).toBe(0);
    expect(cursor.takeLost()).toBe(3);
    expect(lines.bytes.toString().match(/n\d/g)).toEqual(["n3", "n4", "n5", "n6"]);
  });

  it("end before one that another thread is writing, and go on behind it when that thread is gone", () => {
    const memory = HistoryRing.memory(4, 2);
    let now = 0;
    const reader = new HistoryRing(
      4,
      { wall: () => start, monotonic: () => now },
      { memory, writers: 2, writer: 0 },
    );
    reader.ended(outcomeOf("n0.example."));
    // A thread that is stopped between its claim and its stamp.
    new Int32Array(memory)[0]!++;
    reader.ended(outcomeOf("n2.example."));
    const cursor = reader.cursor(0);
    const lines = new HistoryLines();
    expect(cursor.take(9, lines)).toBe(1);
    expect(cursor.take(9, lines)).toBe(0);
    now = 1000;
    expect(cursor.take(9, lines)).toBe(1);
    expect(cursor.takeLost()).toBe(1);
    expect(lines.bytes.toString().match(/n\d/g)).toEqual(["n0", "n2"]);
  });
});
