import { expect, test } from "vitest";
import { race } from "../../../src/upstream/policy/race.ts";
import { asked, mask, servers } from "./servers.ts";

const question = asked("a.test");

test("race asks the two soonest at once, or one where there is one", () => {
  const policy = race(servers(["a", "b", "c"], [30, 10, 20]));
  const pairs = new Map<string, number>();
  for (let at = 0; at < 2000; at++) {
    const first = policy.pick(mask(0, 1, 2), question);
    const second = policy.companion(mask(0, 1, 2) & ~(1 << first), question);
    expect(second).not.toBe(first);
    pairs.set(`${first} ${second}`, (pairs.get(`${first} ${second}`) ?? 0) + 1);
  }
  // But for the few that explore, whose companion is the fastest.
  expect(pairs.get("1 2")).toBeGreaterThan(1850);
  expect([...pairs.keys()].filter((pair) => !pair.includes("1"))).toEqual([]);
  expect(policy.companion(0, question)).toBe(-1);
});
