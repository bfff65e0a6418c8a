import { expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward, load, pause } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";

/** Answers in the order in which it was asked, as some do; a name that begins with `slow` takes so long, ms. */
function inOrder(slow: number): Promise<ScriptedUpstream> {
  const ends = new Map<number, Promise<void>>();
  return start({
    answer: async ({ connection, name }) => {
      const before = ends.get(connection) ?? Promise.resolve();
      const mine = before.then(() => (name.startsWith("slow") ? pause(slow) : undefined));
      ends.set(connection, mine);
      await mine;
      return undefined;
    },
  });
}

test("a server that answers in order is not taken for dead because of a slow name, and its queries are answered", async () => {
  const server = await inOrder(2500);
  const { client, events, upstreams } = await forward([server], failover);
  // The very first connection: it has answered nothing that would speak for it.
  const slow = client.ask("slow.test");
  const replies = await load(client, 50, 3000);
  expect(failuresOf([...replies, await slow])).toEqual([]);
  expect(Math.max(...replies.map(({ milliseconds }) => milliseconds))).toBeLessThan(2000);
  expect(events).toEqual([]);
  expect(upstreams[0]!.counters.suspected).toBeGreaterThan(0);
  expect(server.counters.connections).toBeLessThan(6);
  // Asked twice at the most: a third time it would only hold up a third connection.
  expect(server.counters.names.get("slow.test")).toBeLessThanOrEqual(2);
});

test("with a second server nobody but the slow name waits", async () => {
  const servers = [await inOrder(2500), await start()] as const;
  const { client, events } = await forward(servers, failover);
  await client.ask("before.test");
  const slow = client.ask("slow.test");
  const replies = await load(client, 50, 3000);
  expect(failuresOf([...replies, await slow])).toEqual([]);
  expect(events).toEqual([]);
});
