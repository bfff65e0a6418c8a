import { describe, expect, test } from "vitest";
import { roundRobin } from "../../../src/upstream/policy/round-robin.ts";
import { asked, mask } from "./servers.ts";

const question = asked("a.test");

describe("round-robin", () => {
  test("asks each in turn, alone", () => {
    const policy = roundRobin();
    const all = mask(0, 1, 2);
    expect(Array.from({ length: 7 }, () => policy.pick(all, question))).toEqual([0, 1, 2, 0, 1, 2, 0]);
    expect(policy.companion(all, question)).toBe(-1);
  });

  test("leaves out those that may not be asked, and takes them back in their turn", () => {
    const policy = roundRobin();
    const picks = [mask(0, 1, 2), mask(0, 2), mask(0, 2), mask(0, 2), mask(0, 1, 2), mask(0, 1, 2)];
    expect(picks.map((all) => policy.pick(all, question))).toEqual([0, 2, 0, 2, 0, 1]);
  });

  test("goes round 30 servers, each as often as the others", () => {
    const policy = roundRobin();
    const counts = Array.from({ length: 30 }, () => 0);
    for (let at = 0; at < 300; at++) counts[policy.pick(2 ** 30 - 1, question)]!++;
    expect(new Set(counts)).toEqual(new Set([10]));
  });
});
