import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward, pause } from "../support/forwarder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";

/** For each connection from now on: who closed it. */
function closers(server: ScriptedUpstream): string[] {
  const by: string[] = [];
  const watched = new Set<unknown>();
  const watch = (): void => {
    for (const { raw, tls } of server.connections) {
      if (tls === null || watched.has(raw)) continue;
      watched.add(raw);
      // A server that closes first has ended its side before it hears of ours.
      tls.once("end", () => by.push(tls.writableEnded ? "server" : "dotls"));
    }
  };
  const timer = setInterval(watch, 2);
  timer.unref();
  return by;
}

describe("an idle connection is left before the server closes it:", () => {
  test("edns-tcp-keepalive said when (RFC 7828)", async () => {
    // It would close later than it says: a busy machine must not make the difference.
    const server = await start({ keepalive: 6, idle: 3000 });
    const by = closers(server);
    const { client, events } = await forward([server], failover);
    for (const name of ["a.test", "b.test", "c.test"]) {
      expect(failuresOf([await client.ask(name)])).toEqual([]);
      await until(() => server.counters.open === 0);
    }
    expect(by).toEqual(["dotls", "dotls", "dotls"]);
    expect(events).toEqual([]);
    expect(server.counters).toMatchObject({ connections: 3, resumed: 2 });
  });

  test("else its own closes did, when two agree", async () => {
    const server = await start({ idle: 1500 });
    const by = closers(server);
    const { client } = await forward([server], failover);
    for (let at = 0; at < 5; at++) {
      expect(failuresOf([await client.ask(`n${at}.test`)])).toEqual([]);
      await until(() => server.counters.open === 0);
    }
    expect(by).toEqual(["server", "server", "dotls", "dotls", "dotls"]);
  });

  test("but not while it is in use", async () => {
    const server = await start({ keepalive: 4 });
    const { client } = await forward([server], failover);
    for (let at = 0; at < 12; at++) {
      expect(failuresOf([await client.ask(`n${at}.test`)])).toEqual([]);
      await pause(100);
    }
    expect(server.counters.connections).toBe(1);
  });
});

test("a server that was restarted soon after an answer is not taken for an impatient one", async () => {
  const server = await start();
  const { client } = await forward([server], failover);
  expect(failuresOf([await client.ask("a.test")])).toEqual([]);
  await pause(300);
  server.closeAll();
  await pause(50);
  expect(failuresOf([await client.ask("b.test")])).toEqual([]);
  await pause(800);
  expect(server.counters).toMatchObject({ connections: 2, open: 1 });
});

describe("edns-tcp-keepalive 0: no more queries there", () => {
  test("each connection is left to the queries that it has", async () => {
    const server = await start({ keepalive: 0 });
    const { client, events } = await forward([server], failover);
    const names = Array.from({ length: 6 }, (_, at) => `n${at}.test`);
    expect(failuresOf(await client.askAll(names, 1))).toEqual([]);
    expect(server.counters.queriesPerConnection).toEqual([1, 1, 1, 1, 1, 1]);
    await until(() => server.counters.open === 0);
    expect(events).toEqual([]);
  });

  test("those that it has are answered there, each asked once, and their answers end nothing else", async () => {
    const server = await start({
      keepalive: 0,
      delay: ({ name }) => Number(/\d+/.exec(name)?.[0] ?? 0) * 30,
    });
    const { client } = await forward([server], failover);
    const first = client.askAll(["n0.test", "n2.test", "n4.test", "n6.test"], 4);
    await until(() => server.counters.answers === 1);
    const second = client.ask("n12.test");
    expect(failuresOf([...(await first), await second])).toEqual([]);
    expect(server.counters.queriesPerConnection).toEqual([4, 1]);
    await until(() => server.counters.open === 0);
  });

  test("it may change its mind on another connection", async () => {
    const server = await start({ connection: (number) => ({ keepalive: number === 1 ? 0 : 100 }) });
    const { client } = await forward([server], failover);
    const names = Array.from({ length: 5 }, (_, at) => `n${at}.test`);
    expect(failuresOf(await client.askAll(names, 1))).toEqual([]);
    expect(server.counters.queriesPerConnection).toEqual([1, 4]);
  });
});

test("T7: 200 queries at the edge of the idle limit, 0 SERVFAIL", async () => {
  const IDLE = 60;
  const servers = await Promise.all(Array.from({ length: 20 }, () => start({ idle: IDLE })));
  const all = await Promise.all(
    servers.map(async (server) => {
      const { client, events } = await forward([server], failover);
      const replies = [await client.ask("first.test")];
      for (let at = 0; at < 10; at++) {
        // From some ms before the close to some ms after it.
        await pause(IDLE - 6 + at);
        replies.push(await client.ask(`n${at}.test`));
      }
      return { replies, events };
    }),
  );
  expect(failuresOf(all.flatMap(({ replies }) => replies))).toEqual([]);
  expect(all.flatMap(({ events }) => events)).toEqual([]);
  expect(
    Math.max(...all.flatMap(({ replies }) => replies.map(({ milliseconds }) => milliseconds))),
  ).toBeLessThan(2000);
  // Many did meet the close.
  expect(servers.filter(({ counters }) => counters.connections > 2).length).toBeGreaterThan(10);
});
