import { describe, expect, it } from "vitest";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { insightsOf } from "../../src/observe/insights.ts";
import { Source } from "../../src/observe/outcome.ts";
import { outcomeOf } from "./outcomes.ts";

function ringOf(asked: readonly [name: string, change?: Parameters<typeof outcomeOf>[1]][]): HistoryRing {
  const ring = new HistoryRing(1000);
  for (const [name, change] of asked) ring.ended(outcomeOf(name, change));
  return ring;
}

describe("what stands out", () => {
  it("is nothing when nothing was asked", async () => {
    expect(await insightsOf(new HistoryRing(10), "full")).toMatchObject({
      queries: 0,
      since: null,
      names: [],
      clients: [],
      slowest: [],
    });
  });

  it("counts names in any case, clients, types, and what failed", async () => {
    const ring = ringOf([
      ["a.test.", { clientAddress: "192.0.2.1" }],
      ["A.TEST.", { clientAddress: "192.0.2.1", type: 28 }],
      ["gone.test.", { clientAddress: "192.0.2.2", rcode: 3 }],
      ["bad.test.", { clientAddress: "192.0.2.1", rcode: 2 }],
      ["late.test.", { clientAddress: "192.0.2.1", rcode: -1, error: "too many errors to this network" }],
    ]);
    const insights = await insightsOf(ring, "full");
    expect(insights.names[0]).toEqual({ key: "a.test.", count: 2 });
    expect(insights).toMatchObject({
      queries: 5,
      since: ring.entry(0)!.time,
      clients: [
        { key: "192.0.2.1", count: 4 },
        { key: "192.0.2.2", count: 1 },
      ],
      types: [
        { key: "A", count: 4 },
        { key: "AAAA", count: 1 },
      ],
      nxdomain: [{ key: "gone.test.", count: 1 }],
      servfail: [{ key: "bad.test.", count: 1 }],
      unanswered: [{ key: "late.test.", count: 1 }],
    });
  });

  it("holds the ten that took the longest, the slowest first", async () => {
    const times = Array.from({ length: 40 }, (_, n) => (n * 17) % 40);
    const ring = ringOf(times.map((duration) => [`n${duration}.`, { duration }]));
    const { slowest } = await insightsOf(ring, "full");
    expect(slowest.map(({ ms }) => ms)).toEqual([39, 38, 37, 36, 35, 34, 33, 32, 31, 30]);
    expect(slowest[0]).toMatchObject({ name: "n39.", type: "A", source: "upstream" });
  });

  it("tells that a slow answer came out of memory in the end", async () => {
    const ring = ringOf([["a.test.", { duration: 1800, source: Source.STALE, server: null }]]);
    const { slowest } = await insightsOf(ring, "full");
    expect(slowest).toMatchObject([{ ms: 1800, server: null, source: "stale" }]);
  });

  it("says what privacy hides", async () => {
    const ring = ringOf([["a.test."]]);
    expect(await insightsOf(ring, "hide-clients")).toMatchObject({ privacy: "hide-clients", clients: null });
    expect((await insightsOf(ring, "mask-clients")).clients).toHaveLength(1);
  });

  it("does not hold up the event loop", async () => {
    const ring = new HistoryRing(20_000);
    for (let n = 0; n < 20_000; n++) ring.ended(outcomeOf(`n${n}.`));
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    await insightsOf(ring, "full");
    clearInterval(count);
    expect(turns).toBeGreaterThan(5);
  });
});
