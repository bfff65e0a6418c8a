import { describe, expect, it } from "vitest";
import { CacheClock, processTime, startClock } from "../../src/cache/clock.ts";
import { OwnTime } from "../support/stored-answers.ts";

/** A clock that began at second 1000, what moves it, and the words that all threads share. */
function clock(): { clock: CacheClock; time: OwnTime; words: Int32Array; read: () => number } {
  const time = new OwnTime();
  const words = new Int32Array(new SharedArrayBuffer(1024));
  startClock(words, 1000, time);
  const own = new CacheClock(words, time);
  const read = (): number => {
    own.tick();
    return own.now;
  };
  return { clock: own, time, words, read };
}

describe("CacheClock", () => {
  it("begins where it is told to, and counts whole seconds", () => {
    const { time, read } = clock();
    expect(read()).toBe(1000);
    time.pass(7);
    expect(read()).toBe(1007);
  });

  it("shows the time of the last tick", () => {
    const { clock: own, time } = clock();
    time.pass(7);
    expect(own.now).toBe(1000);
  });

  it("follows the wall clock where that is trimmed, and stands still rather than go back", () => {
    const { time, read } = clock();
    time.wallSeconds += 1;
    expect(read()).toBe(1001);
    time.wallSeconds -= 1;
    expect(read()).toBe(1001);
    time.pass(1);
    expect(read()).toBe(1001);
    time.pass(1);
    expect(read()).toBe(1002);
  });

  it("counts the time for which the machine slept, once for all threads", () => {
    const { time, words, read } = clock();
    const other = new CacheClock(words, time);
    time.wallSeconds += 8 * 3600;
    expect(read()).toBe(1000 + 8 * 3600);
    other.tick();
    expect(other.now).toBe(1000 + 8 * 3600);
    expect(read()).toBe(1000 + 8 * 3600);
  });

  it("never goes back, and goes on from there when the wall clock does, in all threads", () => {
    const { time, words, read } = clock();
    const other = new CacheClock(words, time);
    time.pass(5);
    time.wallSeconds -= 1_000_000;
    expect(read()).toBeGreaterThanOrEqual(1000);
    other.tick();
    expect(other.now).toBe(read());
    const before = read();
    time.pass(5);
    expect(read()).toBe(before + 5);
    expect(new CacheClock(words, time).now).toBe(before + 5);
    time.wallSeconds += 100;
    expect(read()).toBe(before + 105);
  });

  it("does not count in years when the clock is wrong at first, is set right, and wrong again", () => {
    const { time, read } = clock();
    time.wallSeconds += 1_000_000;
    expect(read()).toBe(1_001_000);
    time.wallSeconds -= 1_000_000;
    expect(read()).toBe(1_001_000);
    time.wallSeconds += 1_000_000;
    expect(read()).toBe(2_001_000);
  });

  it("gets over the second at which 32 bits overflow", () => {
    const { time, read } = clock();
    // It steps over a part of it, and then goes on.
    time.wallSeconds = 2 ** 31 - 10;
    const before = read();
    expect(before).toBe(1000 + 2 ** 31 - 10 - 1_700_000_000);
    for (let i = 0; i < 20; i++) {
      time.pass(1);
      expect(read()).toBe(before + i + 1);
    }
  });

  it("has the same time in this process as the system", () => {
    const time = processTime();
    expect(Math.abs(time.wall() - Date.now())).toBeLessThan(5000);
    const [seconds, nanoseconds] = process.hrtime();
    expect(Math.abs(time.monotonic() - (seconds * 1000 + nanoseconds / 1e6))).toBeLessThan(5000);
  });
});
