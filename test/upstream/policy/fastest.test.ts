import { describe, expect, test } from "vitest";
import { fastest, soonest } from "../../../src/upstream/policy/fastest.ts";
import { asked, mask, servers } from "./servers.ts";

const question = asked("a.test");

/** Chance as a row of numbers that repeats. */
function row(...numbers: readonly number[]): () => number {
  let at = 0;
  return () => numbers[at++ % numbers.length]!;
}

describe("fastest", () => {
  test("asks the one with the smallest typical time, alone, of those that may be asked", () => {
    const policy = fastest(servers(["a", "b", "c"], [30, 10, 20]), () => 0.9);
    expect(policy.pick(mask(0, 1, 2), question)).toBe(1);
    expect(policy.pick(mask(0, 2), question)).toBe(2);
    expect(policy.pick(mask(0), question)).toBe(0);
    expect(policy.companion(mask(0, 1, 2), question)).toBe(-1);
  });

  test("asks those of which nothing is known first, in their order", () => {
    const times = [30, -1, -1];
    const upstreams = servers(["a", "b", "c"], times);
    expect(soonest(upstreams, mask(0, 1, 2))).toBe(1);
    times[1] = 40;
    expect(soonest(upstreams, mask(0, 1, 2))).toBe(2);
    times[2] = 50;
    expect(soonest(upstreams, mask(0, 1, 2))).toBe(0);
  });

  test("sends about one question in forty elsewhere, to each as often, and none to those that may not be asked", () => {
    const counts = [0, 0, 0, 0];
    const policy = fastest(servers(["a", "b", "c", "d"], [10, 20, 30, 40]));
    for (let at = 0; at < 40_000; at++) counts[policy.pick(mask(0, 1, 3), question)]!++;
    expect(counts[2]).toBe(0);
    // 1000 questions explore: a third of them goes to each of the three. Six deviations to each side.
    for (const count of [counts[1]!, counts[3]!]) {
      expect(count).toBeGreaterThan(220);
      expect(count).toBeLessThan(450);
    }
  });

  test("explores every candidate, the first and the last too", () => {
    const upstreams = servers(["a", "b", "c"], [10, 20, 30]);
    const picks = [0, 0.34, 0.67, 0.999].map((chance) =>
      fastest(upstreams, row(0, chance)).pick(mask(0, 1, 2), question),
    );
    expect(picks).toEqual([0, 1, 2, 2]);
  });
});
