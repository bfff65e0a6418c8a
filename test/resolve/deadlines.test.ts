import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadlines, type Timed } from "../../src/resolve/deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const expired: string[] = [];

function timed(name: string, deadline: number): Timed {
  return { deadline, earlier: null, later: null, expire: () => expired.push(name) };
}

beforeEach(() => {
  expired.length = 0;
});

describe("deadlines", () => {
  it("expire in order, each once, at its time", () => {
    const deadlines = new Deadlines();
    const now = performance.now();
    for (const [i, name] of ["a", "b", "c"].entries()) deadlines.add(timed(name, now + 100 + 100 * i));
    vi.advanceTimersByTime(98);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(4);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual(["a", "b", "c"]);
    expect(deadlines.size).toBe(0);
  });

  it.each([0, 1, 2])("let go of number %i of three", (gone) => {
    const deadlines = new Deadlines();
    const all = ["a", "b", "c"].map((name) => timed(name, performance.now() + 50));
    for (const one of all) deadlines.add(one);
    deadlines.remove(all[gone]!);
    expect(deadlines.size).toBe(2);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a", "b", "c"].filter((_, i) => i !== gone));
  });

  it("use one timer however many wait, and one timer at a time", () => {
    const deadlines = new Deadlines();
    for (let round = 0; round < 50; round++) {
      const one = timed(`${round}`, performance.now() + 1000);
      deadlines.add(one);
      if (round % 2 === 0) deadlines.remove(one);
      vi.advanceTimersByTime(10);
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(3000);
    expect(expired).toHaveLength(25);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("work again after all are gone", () => {
    const deadlines = new Deadlines();
    deadlines.add(timed("a", performance.now() + 10));
    vi.advanceTimersByTime(20);
    deadlines.add(timed("b", performance.now() + 10));
    vi.advanceTimersByTime(20);
    expect(expired).toEqual(["a", "b"]);
  });

  it("may be joined and left by those that expire", () => {
    const deadlines = new Deadlines();
    const now = performance.now();
    const last = timed("last", now + 10);
    const first: Timed = {
      ...timed("first", now + 10),
      expire: () => {
        expired.push("first");
        deadlines.remove(last);
        deadlines.add(timed("new", performance.now() + 500));
      },
    };
    deadlines.add(first);
    deadlines.add(last);
    vi.advanceTimersByTime(20);
    expect(expired).toEqual(["first"]);
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual(["first", "new"]);
  });

  it("expire all at once when told, and leave no timer", () => {
    const deadlines = new Deadlines();
    for (const name of ["a", "b"]) deadlines.add(timed(name, performance.now() + 1000));
    expect(deadlines.first?.deadline).toBe(performance.now() + 1000);
    deadlines.expireAll();
    expect(expired).toEqual(["a", "b"]);
    expect(deadlines.first).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });
});
