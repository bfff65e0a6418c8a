import { describe, expect, it } from "vitest";
import { Counters } from "../../src/observe/counters.ts";
import { Source } from "../../src/observe/outcome.ts";
import { Trend } from "../../src/observe/trend.ts";
import type { TrendServer } from "../../src/observe/trend-view.ts";
import { outcomeOf } from "./outcomes.ts";

const server: TrendServer = {
  label: "tls://a",
  address: "192.0.2.1",
  port: 853,
  answers: 0,
  failures: 0,
  roundTripMs: null,
};

function watched() {
  const counters = new Counters();
  const clock = { now: 1_000_000 };
  const servers = { all: [server] };
  const trend = new Trend({
    counters: () => counters.snapshot(),
    servers: () => servers.all,
    now: () => clock.now,
  });
  const ask = (count: number, change: Parameters<typeof outcomeOf>[1] = {}): void => {
    for (let i = 0; i < count; i++) {
      const outcome = outcomeOf("a.", change);
      counters.received(outcome);
      counters.ended(outcome);
    }
  };
  const later = (ms: number): void => {
    clock.now += ms;
    trend.look();
  };
  return { trend, clock, servers, ask, later };
}

describe("the trend", () => {
  it("knows nothing before the second look", () => {
    const { trend, later } = watched();
    expect(trend.view("5m")).toMatchObject({ now: null, at: [], servers: [] });
    later(0);
    expect(trend.view("5m")).toMatchObject({ now: null, at: [], servers: [{ label: "tls://a", ms: [] }] });
  });

  it("tells what happened between two looks, by how queries ended and how long they took", () => {
    const { trend, ask, later } = watched();
    ask(3);
    later(0);
    ask(90, { source: Source.CACHE, server: null, duration: 0.1 });
    ask(10, { source: Source.UPSTREAM, server: "tls://a", duration: 30 });
    later(2000);
    ask(1, { rcode: -1, server: null, error: "not a query" });
    later(2000);
    const { at, columns, now, step } = trend.view("5m");
    expect([step, at]).toEqual([2, [1002, 1004]]);
    expect(columns).toMatchObject({
      seconds: [2, 2],
      received: [100, 1],
      upstream: [10, 0],
      cache: [90, 0],
      dropped: [0, 1],
      p99: [expect.any(Number), null],
    });
    expect(columns.p50[0]).toBeLessThan(0.25);
    // Of the bucket that ends at 32 ms.
    expect(columns.p95[0]).toBeGreaterThan(16);
    expect(columns.p99[0]).toBeLessThanOrEqual(32);
    expect(now).toMatchObject({ seconds: 4, received: 101, dropped: 1 });
  });

  it("takes the last minute for now", () => {
    const { trend, ask, later } = watched();
    for (let look = 0; look < 40; look++) {
      ask(1, { duration: 1 });
      later(2000);
    }
    expect(trend.view("5m").now).toMatchObject({ seconds: 60, received: 30 });
  });

  it("keeps five minutes closely and a day at half-minutes, and no more", () => {
    const still = new Counters().snapshot();
    const clock = { now: 0 };
    const trend = new Trend({ counters: () => still, servers: () => [server], now: () => clock.now });
    const later = (ms: number): void => {
      clock.now += ms;
      trend.look();
    };
    for (let look = 0; look < 86_400 / 2 + 1000; look++) later(2000);
    expect(trend.view("5m").at).toHaveLength(150);
    expect(trend.view("1h").at).toHaveLength(120);
    expect(trend.view("24h").at).toHaveLength(2880);
    expect(new Set(trend.view("24h").columns.seconds)).toEqual(new Set([30]));
  });

  it("follows each server, also when it moves, comes or goes, or its counts begin anew", () => {
    const { trend, servers, later } = watched();
    const twin = { ...server, address: "192.0.2.2" };
    servers.all = [{ ...server, answers: 5 }, twin];
    later(0);
    const other = { ...server, label: "tls://b" };
    servers.all = [
      { ...server, address: "192.0.2.9", answers: 7, roundTripMs: 4 },
      { ...twin, answers: 1 },
      { ...other, answers: 100 },
    ];
    later(2000);
    servers.all = [{ ...server, address: "192.0.2.9", answers: 2 }, { ...twin, failures: 3 }, other];
    later(2000);
    expect(trend.view("5m").servers).toMatchObject([
      { label: "tls://a", address: "192.0.2.9", answers: [2, 0], failures: [0, 0], ms: [4, null] },
      { label: "tls://a", address: "192.0.2.2", answers: [1, 0], failures: [0, 3] },
      { label: "tls://b", answers: [0, 0] },
    ]);
  });

  it("goes on when the clock is set back", () => {
    const { trend, clock, later } = watched();
    later(0);
    later(30_000);
    clock.now -= 3_600_000;
    later(2000);
    later(30_000);
    expect(trend.view("1h").at).toHaveLength(3);
    expect(trend.view("1h").columns.seconds).toEqual([30, 0, 30]);
  });
});
