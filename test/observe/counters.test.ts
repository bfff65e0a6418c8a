import { describe, expect, it } from "vitest";
import { DURATION_BOUNDS, SIZE_BOUNDS } from "../../src/buckets.ts";
import { Counters } from "../../src/observe/counters.ts";
import type { Outcome } from "../../src/observe/outcome.ts";
import { Drop, Source, Transport } from "../../src/observe/outcome.ts";
import { QUESTION_TYPES } from "../../src/observe/question-type.ts";
import { Tally, TallyDrop, TallySource } from "../../src/observe/tally.ts";
import { outcomeOf } from "./outcomes.ts";

/** A query from its arrival to its end. */
function count(counters: Pick<Counters, "received" | "ended">, outcome: Outcome): void {
  counters.received(outcome);
  counters.ended(outcome);
}

const none = (count: number): number[] => Array.from<number>({ length: count }).fill(0);

describe("Counters", () => {
  it("starts with nothing", () => {
    expect(new Counters().snapshot()).toEqual({
      received: 0,
      byTransport: { udp: 0, tcp: 0 },
      replies: {},
      dropped: 0,
      refused: 0,
      forwarded: 0,
      clear: 0,
      cached: 0,
      stale: 0,
      refreshed: 0,
      errors: {},
      meanMs: null,
      bytesIn: 0,
      bytesOut: 0,
      inFlight: 0,
      failed: 0,
      durations: expect.objectContaining({ bounds: DURATION_BOUNDS }),
    });
  });

  it("counts each way a query can end", () => {
    const counters = new Counters();
    const size = { querySize: 40, replySize: 100 };
    const own = { server: null, source: Source.LOCAL };
    count(counters, outcomeOf("a.", { ...size, duration: 1 }));
    count(counters, outcomeOf("a.", { ...size, duration: 2, transport: Transport.TCP }));
    count(counters, outcomeOf("a.", { ...size, duration: 3, rcode: 5, clear: true }));
    count(counters, outcomeOf("a.", { ...size, duration: 0, rcode: 5, ...own, error: "not allowed" }));
    count(counters, outcomeOf("a.", { ...size, duration: 4, rcode: 2, ...own, error: "timeout" }));
    count(counters, outcomeOf("a.", { ...size, duration: 4, rcode: 4095, ...own, error: "timeout" }));
    count(counters, outcomeOf(null, { querySize: 7, rcode: -1, replySize: 0, duration: 99, server: null }));
    expect(counters.snapshot()).toEqual({
      received: 7,
      byTransport: { udp: 6, tcp: 1 },
      replies: { NOERROR: 2, REFUSED: 2, SERVFAIL: 1, RESERVED4095: 1 },
      dropped: 1,
      refused: 1,
      forwarded: 3,
      clear: 1,
      cached: 0,
      stale: 0,
      refreshed: 0,
      errors: { timeout: 2, "not allowed": 1 },
      meanMs: 2.333,
      bytesIn: 247,
      bytesOut: 600,
      inFlight: 0,
      failed: 1,
      durations: expect.objectContaining({ upstream: [0, 0, 1, 1, 1, ...none(12)] }),
    });
    expect(Object.keys(counters.snapshot().errors)).toEqual(["timeout", "not allowed"]);
  });

  it("counts answers from memory by what they were, and what is fetched anew apart from what clients asked", () => {
    const counters = new Counters();
    const own = { server: null };
    count(counters, outcomeOf("a.", { ...own, source: Source.CACHE, clear: true }));
    count(counters, outcomeOf("a.", { ...own, source: Source.CACHE, rcode: 5 }));
    count(counters, outcomeOf("a.", { ...own, source: Source.STALE }));
    count(counters, outcomeOf("a.", { ...own, source: Source.LOCAL }));
    counters.refreshing();
    expect(counters.snapshot()).toMatchObject({
      received: 4,
      forwarded: 0,
      clear: 0,
      cached: 2,
      stale: 1,
      refreshed: 1,
      refused: 0,
    });
  });

  it("does not grow with error texts that are all different", () => {
    const counters = new Counters();
    for (let i = 0; i < 1000; i++) count(counters, outcomeOf("a.", { error: `failure ${i}` }));
    const { errors } = counters.snapshot();
    expect(Object.keys(errors)).toHaveLength(65);
    expect(errors["other errors"]).toBe(936);
  });

  it("adds up what several threads counted, errors by their text", () => {
    const shared = [0, 1].map(() => new SharedArrayBuffer(Counters.BYTES));
    const [first, second] = shared.map((memory) => new Counters(memory)) as [Counters, Counters];
    for (const text of ["timeout", "refused"]) count(first, outcomeOf("a.", { error: text, duration: 1 }));
    for (const text of ["refused", "refused", "name"])
      count(second, outcomeOf("a.", { error: text, duration: 2 }));
    // As the main thread reads them, which counts nothing itself.
    const sum = Counters.sum(shared.map((memory) => new Counters(memory)));
    expect(sum).toMatchObject({ received: 5, replies: { NOERROR: 5 }, meanMs: 1.6 });
    expect(sum.errors).toEqual({ refused: 3, timeout: 1, name: 1 });
  });

  it("counts by transport, family and type when a query comes, and by source, code and time when it ends", () => {
    const { tally } = new Counters();
    const six = outcomeOf("a.", {
      transport: Transport.TCP,
      clientAddress: "fe80::1%eth0",
      type: 28,
      rcode: 3,
    });
    tally.received(six);
    tally.received(outcomeOf("a.", { type: 61_234 }));
    tally.received(outcomeOf(null));
    expect(tally.requests(1, 1, QUESTION_TYPES.indexOf("AAAA"))).toBe(1);
    expect(tally.requests(0, 0, QUESTION_TYPES.indexOf("other"))).toBe(2);
    expect(tally.inFlight).toBe(3);
    tally.ended({ ...six, duration: 1, replySize: 1300, replyFlags: 0x8380 });
    tally.ended(outcomeOf("a.", { rcode: 2, server: null, source: Source.LOCAL, error: "no upstream" }));
    tally.ended(outcomeOf(null, { rcode: -1, server: null, error: Drop.LIMITED }));
    expect(tally.inFlight).toBe(0);
    expect(tally.replies(TallySource.UPSTREAM, 3)).toBe(1);
    expect(tally.replied(TallySource.FAILED)).toBe(1);
    expect(tally.dropped(TallyDrop.LIMITED)).toBe(1);
    expect(tally.truncated).toBe(1);
    expect(tally.durations(TallySource.UPSTREAM).counts[2]).toBe(1);
    expect(tally.replySizes.counts[SIZE_BOUNDS.indexOf(2047)]).toBe(1);
  });

  it("counts as dropped what a thread had that is gone", () => {
    const { tally } = new Counters();
    tally.received(outcomeOf("a."));
    tally.received(outcomeOf("b."));
    tally.ended(outcomeOf("a."));
    tally.abandon();
    expect(tally.dropped(TallyDrop.ABANDONED)).toBe(1);
    expect(tally.inFlight).toBe(0);
  });

  it("goes on counting where a thread before it ended", () => {
    const memory = new SharedArrayBuffer(Counters.BYTES);
    count(new Counters(memory), outcomeOf("a.", { error: "timeout" }));
    const next = new Counters(memory);
    count(next, outcomeOf("a.", { error: "refused" }));
    count(next, outcomeOf("a.", { error: "timeout" }));
    expect(next.snapshot()).toMatchObject({ received: 3, errors: { timeout: 2, refused: 1 } });
  });

  it("has never more ends than beginnings, however a thread counts on while it is read", () => {
    const { numbers } = new Counters().tally;
    const idle = new Counters().tally;
    for (let at = 0; at < numbers.length; at += 7) {
      const busy = new Counters().tally;
      let reads = 0;
      const read = new Proxy(busy.numbers, {
        get: (target, key) => {
          if (reads++ === at) for (let i = 0; i < 3; i++) count(busy, outcomeOf("a."));
          return Reflect.get(target, key) as unknown;
        },
      });
      expect(Tally.sum([idle, new Tally(read)]).inFlight).toBeGreaterThanOrEqual(0);
    }
  });
});
