import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Latency } from "../../src/upstream/latency.ts";

function filled(times: readonly number[]): Latency {
  const latency = new Latency();
  for (const ms of times) latency.add(ms);
  return latency;
}

describe("the times of a server", () => {
  test("a quantile is not below the right one, and at most 19 % above it", () => {
    const times = fc.array(fc.double({ min: 0.1, max: 30_000, noNaN: true }), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const sorted = all.toSorted((a, b) => a - b);
        const right = sorted[Math.ceil(share * sorted.length - 1e-9) - 1]!;
        const got = filled(all).quantile(share)!;
        expect(got).toBeGreaterThanOrEqual(right * 0.999);
        expect(got).toBeLessThanOrEqual(right * 1.19);
      }),
    );
  });

  test("of which nothing is known have no quantile, also after they were cleared", () => {
    const latency = filled([1, 2, 3]);
    expect(latency.weight).toBe(3);
    latency.clear();
    expect([new Latency().quantile(0.5), latency.quantile(0.5), latency.weight]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });

  test("outside of all buckets count in the first and the last", () => {
    expect(filled([0]).quantile(1)).toBeLessThan(0.1);
    expect(filled([1e9]).quantile(1)).toBeGreaterThan(60_000);
  });

  test("one late answer in twenty moves no quantile below it", () => {
    const latency = filled(Array.from({ length: 2000 }, (_, at) => (at % 20 === 7 ? 300 : 10)));
    expect(latency.quantile(0.9)).toBeLessThan(12);
    expect(latency.quantile(0.99)).toBeGreaterThan(290);
  });

  test("say when an answer is late: bounded, and a fixed time while little is known", () => {
    const times = (ms: number, count: number): number[] => Array.from({ length: count }, () => ms);
    expect(filled(times(1, 15)).lateAfter).toBe(300);
    expect(filled(times(1, 16)).lateAfter).toBe(15);
    expect(filled(times(20, 16)).lateAfter).toBeGreaterThan(40);
    expect(filled(times(20, 16)).lateAfter).toBeLessThan(55);
    expect(filled(times(2000, 16)).lateAfter).toBe(800);
    expect(filled([...times(10, 95), ...times(300, 5)]).lateAfter).toBeLessThan(30);
  });

  test("are forgotten: what a server was like before weighs little after 1500 answers", () => {
    const latency = filled(Array.from({ length: 5000 }, () => 200));
    for (let at = 0; at < 1500; at++) latency.add(10);
    expect(latency.quantile(0.75)).toBeLessThan(12);
    expect(latency.weight).toBeLessThan(1024);
  });

  test("have a typical one that follows within some answers, and that a single late one moves little", () => {
    const latency = filled(Array.from({ length: 2000 }, () => 200));
    expect(latency.typical).toBeCloseTo(200);
    for (let at = 0; at < 16; at++) latency.add(10);
    expect(latency.typical).toBeLessThan(20);
    for (let at = 0; at < 50; at++) latency.add(10);
    latency.add(300);
    expect(latency.typical).toBeLessThan(20);
    latency.clear();
    expect([latency.typical, new Latency().typical]).toEqual([undefined, undefined]);
  });
});
