import { expect, test } from "vitest";
import { fastest } from "../../src/upstream/policy/fastest.ts";
import { failuresOf, forward, load } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";

test("policy fastest leaves a server that becomes slow, and takes it back when it is the fastest again", async () => {
  const servers = [await start({ delay: 2 }), await start({ delay: 15 })] as const;
  const { client } = await forward(servers, (upstreams) => fastest(upstreams));
  const share = async (): Promise<number> => {
    for (const server of servers) server.resetCounters();
    expect(failuresOf(await load(client, 300, 500))).toEqual([]);
    return servers[0].counters.queries / 150;
  };
  expect(failuresOf(await load(client, 300, 500))).toEqual([]);
  expect(await share()).toBeGreaterThan(0.8);
  servers[0].set({ delay: 60 });
  expect(failuresOf(await load(client, 300, 1500))).toEqual([]);
  expect(await share()).toBeLessThan(0.2);
  servers[0].set({ delay: 2 });
  // One question in eighty comes to it, and some twenty must have been answered.
  expect(failuresOf(await load(client, 500, 6000))).toEqual([]);
  expect(await share()).toBeGreaterThan(0.8);
});
