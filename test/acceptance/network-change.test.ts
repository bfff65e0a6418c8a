import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward, pause } from "../support/forwarder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";

describe("after a change of the network (renew)", () => {
  test("what was in flight on old connections is asked again at once, and nothing is said to be down", async () => {
    const servers = [await start(), await start()] as const;
    const { client, upstreams, events } = await forward(servers, failover);
    await client.ask("before.test");
    servers[0].silenceOld();
    const asked = client.askAll(
      Array.from({ length: 50 }, (_, at) => `n${at}.test`),
      50,
    );
    await until(() => servers[0].counters.queries > 50);
    const changedAt = performance.now();
    for (const upstream of upstreams) upstream.renew();
    expect(failuresOf(await asked)).toEqual([]);
    expect(performance.now() - changedAt).toBeLessThan(500);
    expect(servers[0].counters.connections).toBe(2);
    expect(events).toEqual([]);
  });

  test("a server that was down is asked at once, whatever its pause had grown to", async () => {
    const server = await start();
    await server.refuse();
    const { client, upstreams, events } = await forward([server], failover, { timeout: 1000 });
    for (let at = 0; at < 4; at++) {
      expect(failuresOf([await client.ask(`n${at}.test`)])).toHaveLength(1);
      await pause(1010);
    }
    await client.ask("again.test");
    await server.listen();
    for (const upstream of upstreams) upstream.renew();
    const reply = await client.ask("after.test");
    expect(failuresOf([reply])).toEqual([]);
    expect(reply.milliseconds).toBeLessThan(500);
    expect(upstreams[0]!.state).toBe("up");
    await server.refuse();
    await until(() => upstreams[0]!.state !== "up");
    await client.ask("down.test");
    expect(events).toEqual(["down 0 refused", "up 0", "down 0 refused"]);
  });

  test("an idle limit, and how a server reads records, are found out anew", async () => {
    const server = await start({ keepalive: 3, oneOfRecord: true });
    const { client, upstreams } = await forward([server], failover);
    expect(failuresOf(await client.askAll(["a.test", "b.test", "c.test"], 3))).toEqual([]);
    expect(upstreams[0]!.singly).toBe(true);
    server.set({ keepalive: null, oneOfRecord: false });
    upstreams[0]!.renew();
    expect(upstreams[0]!.singly).toBe(false);
    server.resetCounters();
    expect(failuresOf(await client.askAll(["d.test", "e.test", "f.test"], 3))).toEqual([]);
    await pause(600);
    expect(server.counters.open).toBe(1);
    expect(server.counters).toMatchObject({ connections: 1, mostQueriesInOneRead: 3 });
  });
});
