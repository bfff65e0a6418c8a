import { expect, test } from "vitest";
import { fastest } from "../../src/upstream/policy/fastest.ts";
import { failuresOf, forward, load } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";

test("policy fastest leaves a server that becomes slow, and takes it back when it is the fastest again", async () => {
  // So far apart that a busy machine cannot make the one look like the other.
  const servers = [await start({ delay: 2 }), await start({ delay: 60 })] as const;
  const { client } = await forward(servers, (upstreams) => fastest(upstreams));
  /** Asks until the first server's share of half a second is as wanted, for 10 s at the most; gives the last one. */
  const shareUntil = async (wanted: (share: number) => boolean): Promise<number> => {
    let share = Number.NaN;
    for (let left = 20; left > 0 && !wanted(share); left--) {
      for (const server of servers) server.resetCounters();
      expect(failuresOf(await load(client, 300, 500))).toEqual([]);
      share = servers[0].counters.queries / (servers[0].counters.queries + servers[1].counters.queries);
    }
    return share;
  };
  expect(await shareUntil((share) => share > 0.8)).toBeGreaterThan(0.8);
  servers[0].set({ delay: 250 });
  expect(await shareUntil((share) => share < 0.2)).toBeLessThan(0.2);
  servers[0].set({ delay: 2 });
  // One question in eighty comes to it, and some twenty must have been answered.
  expect(await shareUntil((share) => share > 0.8)).toBeGreaterThan(0.8);
}, 60_000);
