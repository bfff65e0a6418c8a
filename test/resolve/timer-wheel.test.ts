import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TimerWheel, type WheelEntry } from "../../src/resolve/timer-wheel.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** How late an entry may be: two ticks, as its time is rounded up to one and a turn comes once in another. */
const SLACK = 16;

interface Seen extends WheelEntry {
  /** When it came, monotonic ms. */
  readonly cameAt: number[];
}

function entry(dueAt: number, then: (now: number) => void = () => {}): Seen {
  const cameAt: number[] = [];
  const due = (now: number): void => {
    cameAt.push(performance.now());
    then(now);
  };
  return { dueAt, slot: -1, before: null, after: null, due, cameAt };
}

describe("entries of a wheel", () => {
  it("come in the order of a sorted list, each once and on time, whatever is taken out", () => {
    const step = fc.record({
      add: fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 8 }),
      remove: fc.array(fc.nat({ max: 50 }), { maxLength: 4 }),
      pass: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const wheel = new TimerWheel();
        const all: Seen[] = [];
        const order: number[] = [];
        const expected = new Set<Seen>();
        for (const { add, remove, pass } of steps) {
          for (const ahead of add) {
            const one = entry(performance.now() + ahead, () => order.push(one.dueAt));
            all.push(one);
            expected.add(one);
            wheel.add(one, performance.now());
          }
          for (const index of remove) {
            const one = all[index];
            if (one === undefined || one.cameAt.length > 0) continue;
            wheel.remove(one);
            expected.delete(one);
          }
          vi.advanceTimersByTime(pass);
        }
        vi.advanceTimersByTime(4000);
        expect(vi.getTimerCount()).toBe(0);
        const late = all.filter((one) => expected.has(one)).map(({ cameAt, dueAt }) => cameAt[0]! - dueAt);
        expect(all.filter(({ cameAt }) => cameAt.length > 0)).toHaveLength(expected.size);
        expect(all.every(({ cameAt }) => cameAt.length <= 1)).toBe(true);
        expect(Math.min(0, ...late)).toBeGreaterThanOrEqual(-8);
        expect(Math.max(0, ...late)).toBeLessThanOrEqual(SLACK);
        const sorted = order.toSorted((a, b) => a - b);
        // Within a tick or two the order is not told.
        for (const [at, dueAt] of order.entries())
          expect(Math.abs(dueAt - sorted[at]!)).toBeLessThanOrEqual(SLACK);
      }),
      { numRuns: 200 },
    );
  });

  it("further off than the wheel is round come at their time too", () => {
    const wheel = new TimerWheel();
    const one = entry(performance.now() + 10_000);
    wheel.add(one, performance.now());
    vi.advanceTimersByTime(9_980);
    expect(one.cameAt).toEqual([]);
    vi.advanceTimersByTime(40);
    expect(one.cameAt).toHaveLength(1);
  });

  it("may put themselves in again, and keep nobody waiting by it when the loop was held up", async () => {
    vi.useRealTimers();
    const wheel = new TimerWheel();
    const start = performance.now();
    const again = entry(start + 16, (now) => {
      again.dueAt = now + 16;
      if (again.cameAt.length < 3) wheel.add(again, now);
    });
    const others = Array.from({ length: 40 }, (_, at) => entry(start + 4 * at));
    for (const one of [again, ...others]) wheel.add(one, start);
    // A turn that comes so late has many slots to look at.
    while (performance.now() - start < 200);
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    expect(again.cameAt).toHaveLength(3);
    expect(others.filter(({ cameAt }) => cameAt.length !== 1)).toEqual([]);
  });

  it("may take out others of the same tick, and only those", () => {
    const wheel = new TimerWheel();
    const at = performance.now() + 20;
    const all: Seen[] = [];
    const removing = (...numbers: number[]): Seen =>
      entry(at, () => {
        for (const number of numbers) wheel.remove(all[number]!);
      });
    // The last one in is looked at first.
    all.push(entry(at), entry(at), entry(at), entry(at), removing(3, 1));
    for (const one of all) wheel.add(one, performance.now());
    vi.advanceTimersByTime(60);
    expect(all.map(({ cameAt }) => cameAt.length)).toEqual([1, 0, 1, 0, 1]);
  });

  it("that are taken out twice, or were never in, do no harm", () => {
    const wheel = new TimerWheel();
    const [one, other] = [entry(performance.now() + 20), entry(performance.now() + 20)];
    wheel.remove(one);
    wheel.add(one, performance.now());
    wheel.add(other, performance.now());
    wheel.remove(one);
    wheel.remove(one);
    vi.advanceTimersByTime(60);
    expect([one.cameAt.length, other.cameAt.length]).toEqual([0, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("wake the process up for their own time alone, not for each tick on the way", () => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const wheel = new TimerWheel();
    for (let left = 1000; left > 0; left--) {
      const one = entry(performance.now() + 40);
      wheel.add(one, performance.now());
      vi.advanceTimersByTime(1);
      wheel.remove(one);
    }
    expect(timers.mock.calls.length).toBeLessThan(30);
    timers.mockRestore();
  });

  it("that are due before the one that is waited for come at their time", () => {
    const wheel = new TimerWheel();
    const far = entry(performance.now() + 700);
    const near = entry(performance.now() + 20);
    wheel.add(far, performance.now());
    wheel.add(near, performance.now());
    vi.advanceTimersByTime(20 + SLACK);
    expect([near.cameAt.length, far.cameAt.length]).toEqual([1, 0]);
    vi.advanceTimersByTime(680 + SLACK);
    expect(far.cameAt).toHaveLength(1);
  });
});
