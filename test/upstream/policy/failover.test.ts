import { expect, test } from "vitest";
import { failover } from "../../../src/upstream/policy/failover.ts";
import { lowest } from "../../../src/upstream/policy/policy.ts";
import { asked, mask } from "./servers.ts";

test("failover asks the first that may be asked, alone", () => {
  const policy = failover();
  const question = asked("a.test");
  expect([mask(0, 1, 2), mask(1, 2), mask(2), mask(29)].map((all) => policy.pick(all, question))).toEqual([
    0, 1, 2, 29,
  ]);
  expect(policy.companion(mask(1, 2), question)).toBe(-1);
});

test("the lowest bit of every mask of 30 servers is found", () => {
  for (let bit = 0; bit < 30; bit++) {
    expect(lowest(1 << bit)).toBe(bit);
    expect(lowest((2 ** 30 - 1) & ~((1 << bit) - 1))).toBe(bit);
  }
});
