import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { describeWith } from "../support/needs.ts";
import { nsd } from "../upstream/nsd.ts";
import { failuresOf, forward, pause } from "../support/forwarder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";

const names = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}.test`);

describe("a server that reads one query of a TLS record and waits for more bytes (NSD 4.6)", () => {
  test("is found out within 250 ms, and asked one by one from then on", async () => {
    const server = await start({ oneOfRecord: true });
    const { client, events } = await forward([server], failover);
    const first = await client.askAll(names(10, "a"), 10);
    expect(failuresOf(first)).toEqual([]);
    expect(Math.max(...first.map(({ milliseconds }) => milliseconds))).toBeLessThan(400);
    await pause(300);
    for (const prefix of ["b", "c", "d"]) {
      const replies = await client.askAll(names(20, prefix), 20);
      expect(failuresOf(replies)).toEqual([]);
      expect(Math.max(...replies.map(({ milliseconds }) => milliseconds))).toBeLessThan(100);
    }
    expect(server.counters.connections).toBeLessThan(5);
    expect(events).toEqual([]);
    server.closeAll();
    const again = await client.askAll(names(20, "e"), 20);
    expect(failuresOf(again)).toEqual([]);
    expect(Math.max(...again.map(({ milliseconds }) => milliseconds))).toBeLessThan(150);
  });
});

describeWith(["nsd", "openssl"], "a real NSD", () => {
  test("answers many names that are asked at once, the first time too", async () => {
    const { server } = await nsd();
    const { client, events } = await forward([server], failover);
    for (const [at, prefix] of ["a", "b", "c"].entries()) {
      const all = names(30, prefix).map((name) => name.replace(/test$/, "nsd.test"));
      const replies = await client.askAll(all, 30);
      expect(failuresOf(replies)).toEqual([]);
      expect(Math.max(...replies.map(({ milliseconds }) => milliseconds))).toBeLessThan(at === 0 ? 400 : 150);
    }
    expect(events).toEqual([]);
  });
});

describe("a resolver that reads all, and takes its time for one name", () => {
  const slow = { delay: ({ name }: { readonly name: string }) => (name === "a1.test" ? 600 : 0) };

  test("is asked in whole records again", async () => {
    const server = await start(slow);
    const { client, events } = await forward([server], failover);
    expect(failuresOf(await client.askAll(names(2, "a"), 2))).toEqual([]);
    await pause(300);
    server.resetCounters();
    expect(failuresOf(await client.askAll(names(20, "b"), 20))).toEqual([]);
    expect(server.counters.reads).toBeLessThan(10);
    expect(server.counters.connections).toBe(0);
    expect(events).toEqual([]);
  });

  test("also when that name is never answered", async () => {
    const server = await start({ answer: ({ name }) => (name === "a1.test" ? null : undefined) });
    const { client, events } = await forward([server], failover, { timeout: 1500 });
    const replies = await client.askAll(names(2, "a"), 2);
    expect(failuresOf(replies)).toHaveLength(1);
    await pause(200);
    server.resetCounters();
    expect(failuresOf(await client.askAll(names(20, "b"), 20))).toEqual([]);
    expect(server.counters.reads).toBeLessThan(10);
    expect(events).toEqual([]);
  });

  test("is not doubted at all once it has answered a whole record", async () => {
    const server = await start(slow);
    const { client, upstreams } = await forward([server], failover);
    expect(failuresOf(await client.askAll(names(4, "c"), 4))).toEqual([]);
    expect(failuresOf(await client.askAll(names(2, "a"), 2))).toEqual([]);
    await until(() => upstreams[0]!.load === 0);
    expect(server.counters.connections).toBe(1);
  });
});
