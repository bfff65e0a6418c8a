import { describe, expect, it } from "vitest";
import { Counters } from "../../src/observe/counters.ts";
import { Source, Transport } from "../../src/observe/outcome.ts";
import { outcomeOf } from "./outcomes.ts";

describe("Counters", () => {
  it("starts with nothing", () => {
    expect(new Counters().snapshot()).toEqual({
      received: 0,
      byTransport: { udp: 0, tcp: 0 },
      replies: {},
      dropped: 0,
      refused: 0,
      forwarded: 0,
      cached: 0,
      stale: 0,
      refreshed: 0,
      errors: {},
      meanMs: null,
      bytesIn: 0,
      bytesOut: 0,
    });
  });

  it("counts each way a query can end", () => {
    const counters = new Counters();
    const size = { querySize: 40, replySize: 100 };
    counters.ended(outcomeOf("a.", { ...size, duration: 1 }));
    counters.ended(outcomeOf("a.", { ...size, duration: 2, transport: Transport.TCP }));
    counters.ended(outcomeOf("a.", { ...size, duration: 3, rcode: 5 }));
    counters.ended(outcomeOf("a.", { ...size, duration: 0, rcode: 5, server: null, error: "not allowed" }));
    counters.ended(outcomeOf("a.", { ...size, duration: 4, rcode: 2, server: null, error: "timeout" }));
    counters.ended(outcomeOf("a.", { ...size, duration: 4, rcode: 4095, server: null, error: "timeout" }));
    counters.ended(outcomeOf(null, { querySize: 7, rcode: -1, replySize: 0, duration: 99, server: null }));
    expect(counters.snapshot()).toEqual({
      received: 7,
      byTransport: { udp: 6, tcp: 1 },
      replies: { NOERROR: 2, REFUSED: 2, SERVFAIL: 1, RESERVED4095: 1 },
      dropped: 1,
      refused: 1,
      forwarded: 3,
      cached: 0,
      stale: 0,
      refreshed: 0,
      errors: { timeout: 2, "not allowed": 1 },
      meanMs: 2.333,
      bytesIn: 247,
      bytesOut: 600,
    });
    expect(Object.keys(counters.snapshot().errors)).toEqual(["timeout", "not allowed"]);
  });

  it("counts answers from memory by what they were, and what is fetched anew apart from what clients asked", () => {
    const counters = new Counters();
    const own = { server: null };
    counters.ended(outcomeOf("a.", { ...own, source: Source.CACHE }));
    counters.ended(outcomeOf("a.", { ...own, source: Source.CACHE, rcode: 5 }));
    counters.ended(outcomeOf("a.", { ...own, source: Source.STALE }));
    counters.ended(outcomeOf("a.", { ...own, source: Source.LOCAL }));
    counters.refreshing();
    expect(counters.snapshot()).toMatchObject({
      received: 4,
      forwarded: 0,
      cached: 2,
      stale: 1,
      refreshed: 1,
      refused: 0,
    });
  });

  it("does not grow with error texts that are all different", () => {
    const counters = new Counters();
    for (let i = 0; i < 1000; i++) counters.ended(outcomeOf("a.", { error: `failure ${i}` }));
    const { errors } = counters.snapshot();
    expect(Object.keys(errors)).toHaveLength(65);
    expect(errors["other errors"]).toBe(936);
  });

  it("adds up what several threads counted, errors by their text", () => {
    const shared = [0, 1].map(() => new SharedArrayBuffer(Counters.BYTES));
    const [first, second] = shared.map((memory) => new Counters(memory)) as [Counters, Counters];
    for (const text of ["timeout", "refused"]) first.ended(outcomeOf("a.", { error: text, duration: 1 }));
    for (const text of ["refused", "refused", "name"])
      second.ended(outcomeOf("a.", { error: text, duration: 2 }));
    // As the main thread reads them, which counts nothing itself.
    const sum = Counters.sum(shared.map((memory) => new Counters(memory)));
    expect(sum).toMatchObject({ received: 5, replies: { NOERROR: 5 }, meanMs: 1.6 });
    expect(sum.errors).toEqual({ refused: 3, timeout: 1, name: 1 });
  });

  it("goes on counting where a thread before it ended", () => {
    const memory = new SharedArrayBuffer(Counters.BYTES);
    new Counters(memory).ended(outcomeOf("a.", { error: "timeout" }));
    const next = new Counters(memory);
    next.ended(outcomeOf("a.", { error: "refused" }));
    next.ended(outcomeOf("a.", { error: "timeout" }));
    expect(next.snapshot()).toMatchObject({ received: 3, errors: { timeout: 2, refused: 1 } });
  });
});
