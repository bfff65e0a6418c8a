import { expect, it } from "vitest";
import { failureLifetime } from "../../src/cache/failure-backoff.ts";

it("remembers a failure for a second, then twice as long each time, up to five minutes (RFC 9520 section 3.2)", () => {
  const lifetimes: number[] = [];
  for (let i = 0, before = 0; i < 11; i++) lifetimes.push((before = failureLifetime(before, false, 1000)));
  expect(lifetimes).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

it("stops at the bound that is configured, and never forgets within the same second", () => {
  expect(failureLifetime(16, false, 20)).toBe(20);
  expect(failureLifetime(16, false, 0)).toBe(1);
});

it("remembers for a second only that nobody answered: the network nearby comes back at once", () => {
  expect(failureLifetime(256, true, 300)).toBe(1);
});
