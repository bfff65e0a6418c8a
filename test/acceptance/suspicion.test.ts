import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward, load, pause, within } from "../support/forwarder.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf } from "../support/serve.ts";

const SLOW = "slow.test";

describe("T2: established connections go silent", () => {
  test.each([1, 2])("of %i servers: each answer comes within 2 s, by a fresh one", async (count) => {
    const servers = await Promise.all(Array.from({ length: count }, () => start()));
    const { client, upstreams, events } = await forward(servers, failover);
    for (const upstream of upstreams) upstream.warm();
    await until(() => upstreams.every(({ state }) => state === "up"));
    expect(failuresOf(await load(client, 100, 500, { prefix: "before" }))).toEqual([]);
    for (const server of servers) server.silenceOld();
    const replies = await load(client, 20, 3000);
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(2000);
    expect(events).toEqual([]);
  });

  test("and the first query after a long pause meets it: it has its answer within 2 s", async () => {
    const server = await start();
    const { client } = await forward([server], failover);
    await client.ask("before.test");
    server.silenceOld();
    const reply = await client.ask("after.test");
    expect(failuresOf([reply])).toEqual([]);
    expect(reply.milliseconds).toBeLessThan(2000);
    await until(() => server.counters.open === 1);
  });

  test("many at once: they need not wait a second", async () => {
    const server = await start();
    const { client } = await forward([server], failover);
    expect(failuresOf(await load(client, 200, 500, { prefix: "before" }))).toEqual([]);
    server.silenceOld();
    const replies = await load(client, 200, 1500);
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(1000);
    await until(() => server.counters.open === 1);
  });
});

describe("one slow name", () => {
  const slowly = (milliseconds: number) => ({
    delay: ({ name }: { readonly name: string }) => (name === SLOW ? milliseconds : 0),
  });

  test("alone does not cost its connection, nor its server's good name, and its answer is taken when it comes", async () => {
    const server = await start(slowly(2600));
    const { client, events } = await forward([server], failover);
    await client.ask("before.test");
    const [first] = server.connections;
    let closed = false;
    first!.raw.once("close", () => {
      closed = true;
    });
    const reply = client.ask(SLOW);
    await pause(2400);
    expect(closed).toBe(false);
    expect(outcomeOf((await reply).message)).toBe(addressOf(SLOW));
    expect((await reply).milliseconds).toBeLessThan(3300);
    expect(server.counters.connections).toBe(1);
    expect(events).toEqual([]);
  });

  test("that no answer comes for is its own failure: the server is not down, its neighbours do not move", async () => {
    const server = await start({ answer: ({ name }) => (name === SLOW ? null : undefined) });
    const other = await start();
    other.set({ answer: ({ name }) => (name === SLOW ? null : undefined) });
    const { client, events } = await forward([server, other], failover);
    await client.ask("before.test");
    const slow = client.ask(SLOW);
    await pause(4200);
    expect(outcomeOf((await slow).message)).toMatch(/^SERVFAIL 22 /);
    expect(events).toEqual([]);
    other.resetCounters();
    expect(failuresOf(await load(client, 100, 500))).toEqual([]);
    // Of 50; a few are hedged there when the machine is slow.
    expect(other.counters.queries).toBeLessThan(12);
    expect(server.counters.connections).toBe(1);
  });

  test("among others that are answered is never suspicious", async () => {
    const server = await start(slowly(2500));
    const { client, upstreams } = await forward([server], failover);
    await client.ask("before.test");
    const slow = client.ask(SLOW);
    const replies = await load(client, 20, 2800);
    expect(failuresOf([...replies, await slow])).toEqual([]);
    expect(server.counters.connections).toBe(1);
    expect(upstreams[0]!.counters.suspected).toBe(0);
  });
});

test("the late first answer wins over a fresh connection that says nothing", async () => {
  const server = await start({ connection: (number) => (number > 1 ? { silent: true } : {}) });
  server.set({ delay: ({ index }) => (index > 1 ? 1700 : 0) });
  const { client } = await forward([server], failover);
  await client.ask("before.test");
  const reply = await client.ask("late.test");
  expect(outcomeOf(reply.message)).toBe(addressOf("late.test"));
  expect(reply.milliseconds).toBeLessThan(2300);
});
