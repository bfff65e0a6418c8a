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
  ["failover", failover, 500, 12_000],
  ["round-robin", roundRobin, 400, 5000],
])(
  "one server of two takes 300 ms for one query in twenty, policy %s: p99 is under 60 ms, for fewer than 5 % more queries",
  async (_, policy, perSecond, milliseconds) => {
    const { replies, hedges } = await whenCalm(async () => {
      const servers = [await start({ delay: oneInTwenty }), await start({ delay: 8 })] as const;
      const { client, upstreams } = await forward(servers, policy);
      // What the server's times are like must be known before an answer can be late.
      expect(failuresOf(await load(client, 200, 500, { prefix: "w" }))).toEqual([]);
      const hedged = (): number => upstreams.reduce((sum, { counters }) => sum + counters.hedges, 0);
      const before = hedged();
      const replies = await load(client, perSecond, milliseconds);
      return { replies, hedges: hedged() - before };
    });
    expect(failuresOf(replies)).toEqual([]);
    // Nine in ten never meet the pause: what they take beyond 12 ms is the machine's doing, and dotls learns from it how
    // long to wait.
    const machine = Math.max(0, within(replies, 0.9, "milliseconds") - 12);
    expect(within(replies, 0.99)).toBeLessThan(60 + 2 * machine);
    expect(hedges).toBeGreaterThan(replies.length * 0.02);
    expect(hedges).toBeLessThan(replies.length * 0.05);
  },
  90_000,
);

test("a single server is asked once, however late it is", async () => {
  const server = await start({ delay: oneInTwenty });
  const { client, upstreams } = await forward([server], failover);
  expect(failuresOf(await load(client, 100, 2000))).toEqual([]);
  expect(upstreams[0]!.counters.hedges).toBe(0);
  // On a busy machine its connection may be suspected once.
  expect(server.counters.queries).toBeLessThan(220);
});
