import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward, load, within } from "../support/forwarder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { Knobs } from "../support/scripted-upstream/knobs.ts";

describe("T2: an established connection is of no use any more", () => {
  test.each<[string, Partial<Knobs>]>([
    ["the last byte of an answer never comes", { fault: "unfinished" }],
    ["an answer comes a byte a second", { split: 1, splitPause: 1000 }],
    ["what comes is whole, and no answer", { fault: "qr-0" }],
  ])("(%s): each answer comes within 2 s, by a fresh one", async (_, knobs) => {
    const server = await start();
    const { client, events } = await forward([server], failover);
    expect(failuresOf(await load(client, 100, 500, { prefix: "before" }))).toEqual([]);
    Object.assign(server.connections[0]!.knobs, knobs);
    const replies = await load(client, 50, 3000);
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(2000);
    expect(server.counters.connections).toBeGreaterThan(1);
    await until(() => server.counters.open === 1);
    expect(events).toEqual([]);
  });

  test.each([1, 2])("(nothing is read from it any more, of %i servers): the same", async (count) => {
    const servers = await Promise.all(Array.from({ length: count }, () => start()));
    const { client, upstreams } = await forward(servers, failover);
    for (const upstream of upstreams) upstream.warm();
    await until(() => upstreams.every(({ state }) => state === "up"));
    expect(failuresOf(await load(client, 100, 500, { prefix: "before" }))).toEqual([]);
    for (const server of servers) for (const connection of server.connections) connection.pause();
    const replies = await load(client, 50, 3000);
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(2000);
  });
});
