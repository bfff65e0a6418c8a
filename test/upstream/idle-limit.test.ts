import { describe, expect, test } from "vitest";
import { IdleLimit } from "../../src/upstream/idle-limit.ts";

const HOUR = 3_600_000;
const UNKNOWN = Number.POSITIVE_INFINITY;

function closed(...idle: readonly number[]): IdleLimit {
  const limit = new IdleLimit();
  for (const ms of idle) limit.closedAfter(ms, 0);
  return limit;
}

describe("the idle limit of a server", () => {
  test("is not known at first, nor after one close, nor after closes that differ", () => {
    expect([closed(), closed(10_000), closed(10_000, 3000, 700)].map((one) => one.leaveAfter(0))).toEqual([
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
    ]);
  });

  test("is the shorter of two closes that are alike, and a link is left somewhat before", () => {
    expect(closed(10_400, 10_000).leaveAfter(0)).toBe(9000);
    expect(closed(10_000, 10_400).leaveAfter(0)).toBe(9000);
    expect(closed(500, 10_000, 10_100).leaveAfter(0)).toBe(9000);
  });

  test("becomes shorter when two closes say so, and not by one", () => {
    const limit = closed(10_000, 10_000);
    limit.closedAfter(4000, 0);
    expect(limit.leaveAfter(0)).toBe(9000);
    limit.closedAfter(4100, 0);
    expect(limit.leaveAfter(0)).toBe(3600);
  });

  test("is not learned from closes right after an answer", () => {
    expect(closed(5, 5, 100, 100, 190, 190).leaveAfter(0)).toBe(UNKNOWN);
  });

  test("learned from closes is forgotten after an hour, as who leaves early never sees it change", () => {
    const limit = closed(10_000, 10_000);
    expect(limit.leaveAfter(HOUR - 1)).toBe(9000);
    expect(limit.leaveAfter(HOUR)).toBe(UNKNOWN);
    limit.closedAfter(20_000, HOUR);
    limit.closedAfter(20_000, HOUR);
    expect(limit.leaveAfter(HOUR)).toBe(18_000);
  });

  test("is what the server says, longer or shorter, and holds", () => {
    const limit = closed(10_000, 10_000);
    limit.said(30_000);
    expect(limit.leaveAfter(2 * HOUR)).toBe(27_000);
    limit.said(1000);
    expect(limit.leaveAfter(2 * HOUR)).toBe(900);
    limit.said(100);
    expect(limit.leaveAfter(0)).toBe(180);
  });

  test("is forgotten when the network changes", () => {
    const limit = closed(10_000, 10_000);
    limit.forget();
    expect(limit.leaveAfter(0)).toBe(UNKNOWN);
    limit.closedAfter(10_000, 0);
    expect(limit.leaveAfter(0)).toBe(UNKNOWN);
  });
});
