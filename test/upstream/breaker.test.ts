import { describe, expect, test } from "vitest";
import { Breaker } from "../../src/upstream/breaker.ts";
import type { Failure, FailureKind } from "../../src/upstream/failure.ts";

const fail = (kind: FailureKind): Failure => ({ kind, text: `it is ${kind}` });

/** The pauses after so many failures in a row, ms. */
function pauses(breaker: Breaker, count: number): number[] {
  return Array.from({ length: count }, () => {
    breaker.failed(fail("refused"), 1000);
    return breaker.pauseLeft(1000);
  });
}

describe("the pause after a failure", () => {
  test.each([
    [0, 500, 20_000],
    [0.999999, 750, 30_000],
  ])("with chance %d: doubles from %d ms to %d ms", (chance, first, longest) => {
    const all = pauses(new Breaker(() => chance), 14).map(Math.round);
    expect(all.slice(0, 5)).toEqual([first, first * 2, first * 4, first * 8, first * 16]);
    expect(all.slice(6)).toEqual(Array.from({ length: 8 }, () => longest));
  });

  test("is never shorter than half a second nor longer than half a minute, and seldom the same", () => {
    const all = Array.from({ length: 50 }, () => pauses(new Breaker(), 12)).flat();
    expect(Math.min(...all)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...all)).toBeLessThanOrEqual(30_000);
    expect(new Set(all).size).toBeGreaterThan(500);
  });

  test("is over when it is over, and begins at half a second again after an answer", () => {
    const breaker = new Breaker(() => 0);
    pauses(breaker, 4);
    expect([breaker.pauses(4999), breaker.pauses(5000), breaker.pauseLeft(6000)]).toEqual([true, false, 0]);
    expect(breaker.answered()).toBe(true);
    expect([breaker.closed, breaker.lastFailure, breaker.answered()]).toEqual([true, null, false]);
    expect(pauses(breaker, 1)).toEqual([500]);
  });

  test("is forgotten with the network it was about; what failed is still known", () => {
    const breaker = new Breaker();
    pauses(breaker, 8);
    breaker.mute = true;
    breaker.renew();
    expect([breaker.closed, breaker.mute, breaker.pauses(1000)]).toEqual([true, false, false]);
    expect(breaker.lastFailure).toEqual(fail("refused"));
    expect(breaker.answered()).toBe(true);
  });

  test("does not depend on the wall clock", () => {
    const breaker = new Breaker();
    breaker.failed(fail("timeout"), 0);
    expect(breaker.lastFailureAt).toBeGreaterThan(1e12);
    expect(breaker.pauses(400)).toBe(true);
    expect(breaker.pauses(800)).toBe(false);
  });
});

test("each kind of failure is news once, and again when it was another one meanwhile", () => {
  const breaker = new Breaker();
  const kinds: FailureKind[] = [
    "refused",
    "unreachable",
    "timeout",
    "tls",
    "untrusted",
    "name",
    "pin",
    "clock",
  ];
  const told = [...kinds, ...kinds].flatMap((kind) => {
    const first = breaker.failed(fail(kind), 0);
    const again = breaker.failed(fail(kind), 0);
    expect([first, again]).toEqual([true, false]);
    return [breaker.lastFailure?.kind];
  });
  expect(told).toEqual([...kinds, ...kinds]);
});

test("a link that was of no use counts only in a row", () => {
  const breaker = new Breaker();
  expect([breaker.fruitless(3), breaker.fruitless(3)]).toEqual([false, false]);
  expect(breaker.answered()).toBe(false);
  expect([breaker.fruitless(3), breaker.fruitless(3), breaker.fruitless(3)]).toEqual([false, false, true]);
});

test("a link that was opened and closed unused puts the next trial off, without a failure", () => {
  const breaker = new Breaker();
  breaker.unused(100);
  expect([breaker.pauses(500), breaker.pauses(700), breaker.closed]).toEqual([true, false, true]);
});
