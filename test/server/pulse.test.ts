import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pulse } from "../../src/server/pulse.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A pulse that is watched, as the worker has it, and what was said of it. */
function watched(): { worker: Pulse; watcher: Pulse; said: number[] } {
  const watcher = new Pulse();
  const said: number[] = [];
  watcher.watch((seconds) => said.push(seconds));
  return { worker: new Pulse(watcher.memory), watcher, said };
}

describe("the pulse of a worker", () => {
  it("is fine for as long as it beats", () => {
    const { worker, said } = watched();
    for (let second = 0; second < 100; second++) {
      worker.beat();
      vi.advanceTimersByTime(1000);
    }
    expect(said).toEqual([]);
  });

  it("is told of once when it stands still, after some seconds", () => {
    const { worker, said } = watched();
    worker.beat();
    vi.advanceTimersByTime(8000);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([9]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may miss a beat, as after a sleep of the machine", () => {
    const { worker, said } = watched();
    for (let round = 0; round < 20; round++) {
      vi.advanceTimersByTime(7000);
      worker.beat();
    }
    expect(said).toEqual([]);
  });

  it("is not looked at any more when the worker is told to end", () => {
    const { watcher, said } = watched();
    watcher.end();
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([]);
  });
});
