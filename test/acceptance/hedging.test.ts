import { expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import type { PolicyMaker } from "../../src/upstream/policy/policy.ts";
import { roundRobin } from "../../src/upstream/policy/round-robin.ts";
import { failuresOf, forward, load, whenCalm, within } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";

/** 300 ms for one query in twenty. */
function oneInTwenty({ index }: { readonly index: number }): number {
  return index % 20 === 7 ? 300 : 8;
}

test.each<[string, PolicyMaker, number, number]>([
  ["failover", failover, 1000, 11_000],
  ["round-robin", roundRobin, 400, 5000],
])(
  "one server of two takes 300 ms for one query in twenty, policy %s: p99 is under 60 ms, for fewer than 5 % more queries",
  async (_, policy, perSecond, milliseconds) => {
    const { replies, extra, hedges } = await whenCalm(async () => {
      const servers = [await start({ delay: oneInTwenty }), await start({ delay: 8 })] as const;
      const { client, upstreams } = await forward(servers, policy);
      // What the server's times are like must be known before an answer can be late.
      expect(failuresOf(await load(client, 200, 500, { prefix: "w" }))).toEqual([]);
      for (const server of servers) server.resetCounters();
      const replies = await load(client, perSecond, milliseconds);
      const asked = servers[0].counters.queries + servers[1].counters.queries;
      return { replies, extra: asked - replies.length, hedges: upstreams[1]!.counters.hedges };
    });
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 0.99)).toBeLessThan(60);
    expect(extra).toBeGreaterThan(replies.length * 0.02);
    expect(extra).toBeLessThan(replies.length * 0.05);
    expect(hedges).toBeGreaterThan(0);
  },
  60_000,
);

test("a single server is asked once, however late it is", async () => {
  const server = await start({ delay: oneInTwenty });
  const { client } = await forward([server], failover);
  expect(failuresOf(await load(client, 100, 2000))).toEqual([]);
  expect(server.counters.queries).toBe(200);
});
