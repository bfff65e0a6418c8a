import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerSources, type HistoryEntry } from "../../src/observe/history-entry.ts";
import { historyLine } from "../../src/observe/history-line.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "./outcomes.ts";

const words = fc.option(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant('a"b\\c')), {
  nil: null,
});
const size = fc.nat(65_535);
const ms = fc.integer({ min: 0, max: 1e9 }).map((us) => us / 1000);

const entries: fc.Arbitrary<HistoryEntry> = fc.record({
  v: fc.constant(1 as const),
  time: fc.constant("2026-11-21T14:00:00.012Z"),
  client: words,
  port: fc.option(size, { nil: null }),
  transport: fc.constantFrom("udp" as const, "tcp" as const),
  name: words,
  type: words,
  class: words,
  rcode: words,
  ms,
  source: fc.option(fc.constantFrom(...answerSources), { nil: null }),
  server: words,
  bytes: size,
  querySize: size,
  error: words,
  id: size,
  flags: words,
  dnssec: fc.boolean(),
  udpSize: fc.option(size, { nil: null }),
  times: fc.option(fc.record({ wait: ms, connect: ms, tls: ms, send: ms, answer: ms }), { nil: null }),
});

describe("a line of the history", () => {
  it("is that of JSON.stringify, whatever the entry holds", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(historyLine(entry)).toBe(`${JSON.stringify(entry)}\n`);
      }),
    );
  });

  it("has all fields of an entry as the ring gives it", () => {
    const ring = new HistoryRing(1);
    ring.ended(outcomeOf("\\000\\034\\092\\255.example."));
    expect(historyLine(ring.entry(0)!)).toBe(`${JSON.stringify(ring.entry(0))}\n`);
  });
});
