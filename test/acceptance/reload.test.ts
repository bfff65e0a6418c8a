import { describe, expect, it } from "vitest";
import type { Config, UpstreamSpec } from "../../src/config/config.ts";
import { failuresOf, load, pause } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, plainConfig, serve, specOf } from "../support/serve.ts";
import { libc } from "../listen/ways.ts";
import { SteadyLoad } from "../support/steady-load.ts";
import { UdpClient } from "../support/udp-client.ts";

function configOf(upstreams: readonly UpstreamSpec[], change: Partial<Config> = {}): Config {
  return { ...plainConfig, upstreams, ...change };
}

const extra = { transport: "udp", address: "127.0.0.2", port: 0 } as const;

describe("another configuration under load", () => {
  it("comes 100 times, with other upstreams, routes and listeners each time, and no query is lost", async () => {
    const [a, b, c] = await Promise.all([start(), start(), start()]);
    const { server, client, lines } = await serve([specOf(a)]);
    const lists = [[a], [a, b], [b], [c, b], [c], [a, c]].map((list) => list.map((one) => specOf(one)));
    const route = (to: UpstreamSpec): Config["routes"][number] => ({
      match: [{ suffix: "routed.test", apex: true, written: "routed.test" }],
      upstreams: [to],
      policy: "failover",
    });
    let reloads = 0;
    const changing = (async () => {
      for (; reloads < 100; reloads++) {
        const listen = reloads % 2 === 0 ? [...plainConfig.listen, extra] : plainConfig.listen;
        const routes = reloads % 3 === 0 ? [] : [route(specOf(reloads % 3 === 1 ? b : c))];
        await server.reload(configOf(lists[reloads % lists.length]!, { listen, routes }));
        await pause(50);
      }
    })();
    const plain = load(client, 1000, 8000);
    const routed = load(client, 1000, 8000, { prefix: "r", suffix: "routed.test" });
    const replies = (await Promise.all([plain, routed])).flat();
    await changing;
    expect(replies.length).toBe(16_000);
    expect(failuresOf(replies)).toEqual([]);
    expect(client.wrong).toEqual([]);
    expect(server.urls).toHaveLength(2);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    expect(server.status().upstreams.length).toBe(2);
  }, 60_000);

  it("leaves the connections of upstreams that stay alone, in whatever order they come", async () => {
    const [a, b] = await Promise.all([start(), start()]);
    const { server, client } = await serve([specOf(a)]);
    await client.ask("one.test");
    await server.reload(configOf([specOf(b), specOf(a)], { policy: "round-robin", timeout: 3000 }));
    await server.reload(configOf([specOf(a)], { localNames: plainConfig.localNames }));
    expect(outcomeOf((await client.ask("two.test")).message)).toMatch(/^10\./);
    expect(a.counters.connections).toBe(1);
    expect(server.status().upstreams).toMatchObject([{ queries: 2, connections: 1 }]);
  });

  it("lets what waits for a slow upstream that is over be answered by it", async () => {
    const [slow, fast] = await Promise.all([start({ delay: () => 700 }), start()]);
    const { server, client } = await serve([specOf(slow)]);
    const waiting = client.ask("slow.test");
    while (slow.counters.queries === 0) await pause(5);
    await server.reload(configOf([specOf(fast)], { timeout: 2000 }));
    expect(outcomeOf((await client.ask("fast.test")).message)).toMatch(/^10\./);
    expect(fast.counters.queries).toBe(1);
    expect(outcomeOf((await waiting).message)).toMatch(/^10\./);
  });

  it.skipIf(libc === null)(
    "moves from one address to all of them and back without a query lost",
    async () => {
      const upstream = await start();
      const { server, client } = await serve([specOf(upstream)], { io: "batch" });
      const port = Number(new URL(server.urls[0]!).port);
      const on = (address: string): Config["listen"] => [
        { transport: "udp", address, port },
        { transport: "tcp", address, port },
      ];
      let moves = 0;
      const changing = (async () => {
        for (; moves < 40; moves++) {
          const listen = on(moves % 2 === 0 ? "0.0.0.0" : "127.0.0.1");
          await server.reload(configOf([specOf(upstream)], { io: "batch", listen }));
          await pause(50);
        }
      })();
      const connections = new SteadyLoad("127.0.0.1", port, 0, 4);
      const replies = await load(client, 1000, 4000);
      await changing;
      const bill = await connections.stop();
      expect(failuresOf(replies)).toEqual([]);
      expect(client.wrong).toEqual([]);
      expect(bill.lost).toEqual([]);
      expect(bill.connections).toBeGreaterThan(20);
      expect(server.urls).toEqual([`udp://127.0.0.1:${port}`, `tcp://127.0.0.1:${port}`]);
    },
    30_000,
  );

  it("says that addresses which overlap need a restart where it cannot be done without a loss", async () => {
    const upstream = await start();
    const { server, client } = await serve([specOf(upstream)], { io: "dgram" });
    const port = Number(new URL(server.urls[0]!).port);
    const listen = [{ transport: "udp", address: "0.0.0.0", port }] as const;
    const config = configOf([specOf(upstream)], { io: "dgram", listen });
    await expect(server.reload(config)).rejects.toThrow(
      new RegExp(
        `cannot listen on udp://0\\.0\\.0\\.0:${port}: .*overlaps with udp://127\\.0\\.0\\.1:${port}.*restart`,
      ),
    );
    expect(outcomeOf((await client.ask("still.test")).message)).toMatch(/^10\./);
  });

  it("opens new doors beside those that stay, and answers what came by those that go", async () => {
    const upstream = await start({ delay: ({ name }) => (name.startsWith("slow") ? 500 : 0) });
    const { server, client } = await serve([specOf(upstream)]);
    const { listen } = plainConfig;
    await server.reload(configOf([specOf(upstream)], { listen: [...listen, extra] }));
    const [udp, tcp, more] = server.urls;
    expect(more).toMatch(/^udp:\/\/127\.0\.0\.2:/);
    const other = await UdpClient.open(more!);
    const waiting = other.ask("slow.test");
    while (upstream.counters.queries === 0) await pause(5);
    await server.reload(configOf([specOf(upstream)], { listen }));
    expect(server.urls).toEqual([udp, tcp]);
    expect(outcomeOf((await waiting).message)).toMatch(/^10\./);
    expect(outcomeOf((await client.ask("still.test")).message)).toMatch(/^10\./);
    expect((await other.ask("gone.test", { within: 300 })).message).toBeNull();
    await other.close();
  });
});
