import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { messageRcode } from "../../src/dns/message.ts";
import { folderWith } from "../support/config-folder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { askTcp } from "../support/tcp-ask.ts";
import { UdpClient, type UdpReply } from "../support/udp-client.ts";
import { canShare, hostWorkers } from "./worker-host.ts";

/** Clients enough that each worker has some, however the kernel divides them. */
const CLIENTS = 24;

async function clientsOf(url: string): Promise<UdpClient[]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => UdpClient.open(url)));
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  return clients;
}

function ok({ message }: UdpReply): boolean {
  return message !== null && messageRcode(message) === 0;
}

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 15_000, interval: 10 });
}

describe.skipIf(!canShare)("a server with two workers", () => {
  it("answers with both of them at one port; they are counted and remembered as one", async () => {
    const upstream = await start();
    const host = await hostWorkers(upstream);
    const clients = await clientsOf(host.url);
    const replies = await Promise.all(
      clients.flatMap((client, at) => [client.ask(`a${at}.test`), client.ask(`b${at}.test`)]),
    );
    expect(replies.every(ok)).toBe(true);
    const status = await host.status();
    expect(status).toMatchObject({
      workers: 2,
      queries: { received: 2 * CLIENTS, replies: { NOERROR: 2 * CLIENTS }, forwarded: 2 * CLIENTS },
      history: { kept: 2 * CLIENTS },
      upstreams: [{ state: "up", connections: 2, queries: 2 * CLIENTS, answers: 2 * CLIENTS, inFlight: 0 }],
    });
    expect(upstream.counters.connections).toBe(2);
    expect(clients.flatMap(({ wrong }) => wrong)).toEqual([]);
  });

  it("has the name that one worker asked for in memory for the other", async () => {
    const upstream = await start({ ttl: 300 });
    const host = await hostWorkers(upstream);
    const clients = await clientsOf(host.url);
    expect(ok(await clients[0]!.ask("shared.test"))).toBe(true);
    const replies = await Promise.all(clients.map((client) => client.ask("shared.test")));
    expect(replies.every(ok)).toBe(true);
    expect(upstream.counters.queries).toBe(1);
  });

  it("loses no more than was in flight when a worker dies, and replaces it", async () => {
    const upstream = await start({ ttl: 300 });
    const host = await hostWorkers(upstream);
    const clients = await clientsOf(host.url);
    expect(ok(await clients[0]!.ask("warm.test"))).toBe(true);
    const over = new AbortController();
    onTestFinished(() => over.abort());
    let asked = 0;
    let lost = 0;
    const work = clients.map(async (client) => {
      // One query of each client is out at any time.
      while (!over.signal.aborted) {
        asked++;
        if (!ok(await client.ask("warm.test", { within: 3000 }))) lost++;
      }
    });
    await eventually(() => asked > 2000);
    // What a worker has counted of its servers is known for as long as a second later.
    await eventually(async () => (await host.status()).upstreams[0]!.queries === 1);
    host.kill();
    await eventually(() => host.log().includes("the new worker answers"));
    expect(host.log()).toContain("a worker has died, another one takes its place");
    const before = asked;
    await eventually(() => asked > before + 2000);
    over.abort();
    await Promise.all(work);
    expect(lost).toBeLessThanOrEqual(CLIENTS);
    // Nobody of those who come now meets the gap.
    const replies = await Promise.all((await clientsOf(host.url)).map((client) => client.ask("warm.test")));
    expect(replies.every(ok)).toBe(true);
    const { queries, workers, upstreams } = await host.status();
    expect(workers).toBe(2);
    expect(queries.received).toBeGreaterThanOrEqual(asked - lost);
    expect(upstreams[0]!.queries).toBe(1);
  });

  it("replaces a worker that goes round in circles, of which nobody hears", async () => {
    const upstream = await start({ ttl: 300 });
    const host = await hostWorkers(upstream);
    const clients = await clientsOf(host.url);
    expect(ok(await clients[0]!.ask("warm.test"))).toBe(true);
    host.hang();
    await vi.waitFor(() => expect(host.log()).toContain("the new worker answers"), { timeout: 60_000 });
    expect(host.log()).toContain("it has done nothing for");
    const replies = await Promise.all((await clientsOf(host.url)).map((client) => client.ask("warm.test")));
    expect(replies.every(ok)).toBe(true);
    const { code } = await host.stop();
    expect(code).toBe(0);
  }, 90_000);

  it("answers what it has when it stops, and ends at once then", async () => {
    const upstream = await start({ delay: () => 400 });
    const host = await hostWorkers(upstream);
    const clients = await clientsOf(host.url);
    const asking = Promise.all(clients.map((client, at) => client.ask(`q${at}.test`)));
    await eventually(() => upstream.counters.queries === CLIENTS);
    const { code, milliseconds } = await host.stop();
    expect((await asking).every(ok)).toBe(true);
    expect(code).toBe(0);
    // Well before a worker would be cut off, which is six seconds after.
    expect(milliseconds).toBeLessThan(5000);
  });

  it("writes one history file, more often when memory fills up", async () => {
    const file = join(folderWith({}), "history.ndjson");
    const upstream = await start();
    const host = await hostWorkers(upstream, `history.file=${file}`, "history.size=100", "cache.size=0");
    const clients = await clientsOf(host.url);
    const names: string[] = [];
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        clients.map((client, at) => {
          names.push(`r${round}n${at}.test.`);
          return client.ask(`r${round}n${at}.test`);
        }),
      );
      // Time for the file, which is written long before its second is over: memory would not hold them all.
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await host.stop();
    const entries = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; time: string; server: string });
    expect(entries.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(new Set(entries.map(({ server }) => server)).size).toBe(1);
  });

  it("serves TCP with both", async () => {
    const upstream = await start();
    const host = await hostWorkers(upstream);
    const replies = await Promise.all(Array.from({ length: 40 }, (_, at) => askTcp(host.url, `t${at}.test`)));
    expect(replies.map(messageRcode)).toEqual(replies.map(() => 0));
    expect(upstream.counters.connections).toBe(2);
  });
});
