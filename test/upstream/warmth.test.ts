import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Warmth } from "../../src/upstream/warmth.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Counts how often it opens a link. */
function warmth(): { warm: Warmth; opens: () => number } {
  const open = vi.fn<() => void>();
  return { warm: new Warmth(open), opens: () => open.mock.calls.length };
}

test("opens at the start, and again at once when a link that was worth it ended", () => {
  const { warm, opens } = warmth();
  warm.start();
  vi.advanceTimersByTime(0);
  expect(opens()).toBe(1);
  warm.opened(1000);
  vi.advanceTimersByTime(100_000);
  expect(opens()).toBe(1);
  warm.ended(11_000, 0);
  vi.advanceTimersByTime(0);
  expect(opens()).toBe(2);
});

test("waits longer each time when the server closes at once, and starts anew after a link that lived", () => {
  const { warm, opens } = warmth();
  warm.start();
  vi.advanceTimersByTime(0);
  const waits: number[] = [];
  for (let round = 0; round < 9; round++) {
    warm.opened(0);
    warm.ended(10, 0);
    const before = opens();
    let waited = 0;
    for (; opens() === before; waited += 500) vi.advanceTimersByTime(500);
    waits.push(waited);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  warm.opened(0);
  warm.ended(5000, 0);
  vi.advanceTimersByTime(0);
  expect(opens()).toBe(11);
});

test("leaves a server that failed alone for its pause", () => {
  const { warm, opens } = warmth();
  warm.start();
  vi.advanceTimersByTime(0);
  warm.ended(0, 8000);
  vi.advanceTimersByTime(7999);
  expect(opens()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(opens()).toBe(2);
});

test("opens nothing before it is started, nor after it was stopped", () => {
  const { warm, opens } = warmth();
  warm.ended(0, 0);
  warm.renew();
  vi.advanceTimersByTime(60_000);
  expect(opens()).toBe(0);
  warm.start();
  warm.stop();
  warm.ended(0, 0);
  vi.advanceTimersByTime(60_000);
  expect(opens()).toBe(0);
});
