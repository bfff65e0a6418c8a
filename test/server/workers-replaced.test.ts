import { readdirSync, readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { messageRcode } from "../../src/dns/message.ts";
import { failuresOf } from "../support/forwarder.ts";
import { describeWith } from "../support/needs.ts";
import { dnsperf } from "../support/peers/dnsperf.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { askTcp } from "../support/tcp-ask.ts";
import { UdpClient } from "../support/udp-client.ts";
import { canShare, hostWorkers, type WorkerHost } from "./worker-host.ts";

const KILLS = 4;
const CLIENTS = 24;

/** dnsperf has no more questions than these without an answer. */
const IN_FLIGHT = 100;

const names = Array.from({ length: 50 }, (_, at) => `n${at}.test`);

/** What the process holds: resident memory in MiB, files, threads. */
function held({ pid }: WorkerHost): { memory: number; files: number; threads: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    memory: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)![1]),
  };
}

/** Asks from many ports what nobody has asked yet, so that every worker has to ask its upstream. */
async function askAnew(url: string, round: string): Promise<string[]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => UdpClient.open(url)));
  const replies = await Promise.all(clients.map((client, at) => client.ask(`${round}${at}.test`)));
  await Promise.all(clients.map((client) => client.close()));
  return failuresOf(replies);
}

describeWith(["dnsperf"], "workers that die under 5,000 queries a second", () => {
  it.skipIf(!canShare)(
    "lose what is in flight, and nothing stays behind of them; both answer again, over TCP too",
    async () => {
      const upstream = await start({ ttl: 3000 });
      const host = await hostWorkers(upstream);
      await dnsperf(host.url, names, { seconds: 1, rate: 500, clients: CLIENTS });
      expect(await askAnew(host.url, "first")).toEqual([]);
      const before = held(host);
      const load = dnsperf(host.url, names, { seconds: 12, rate: 5000, clients: CLIENTS });
      for (let kill = 1; kill <= KILLS; kill++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        host.kill();
        await vi.waitFor(() => expect(host.replaced()).toBe(kill), { timeout: 20_000 });
        // The new one gets questions as well, and has to connect for them.
        const connections = upstream.counters.queriesPerConnection.length;
        expect(await askAnew(host.url, `u${kill}n`)).toEqual([]);
        expect(upstream.counters.queriesPerConnection.length).toBeGreaterThan(connections);
      }
      const { sent, completed, lost, codes } = await load;
      expect(lost).toBeLessThanOrEqual(KILLS * IN_FLIGHT);
      expect(codes).toEqual({ NOERROR: completed });
      expect(completed).toBe(sent - lost);
      expect((await dnsperf(host.url, names, { seconds: 1, rate: 5000, clients: CLIENTS })).lost).toBe(0);

      const asked = [...upstream.counters.queriesPerConnection];
      const over = Array.from({ length: 40 }, (_, at) => askTcp(host.url, `t${at}.test`));
      expect((await Promise.all(over)).map(messageRcode)).toEqual(over.map(() => 0));
      const now = upstream.counters.queriesPerConnection.map((count, at) => count - asked[at]!);
      // One for each worker; a busy machine may make one of them look quiet, and get another.
      expect(now.filter((count) => count > 0).length).toBeGreaterThanOrEqual(2);
      expect((await host.status()).queries.inFlight).toBe(0);

      const after = held(host);
      // Some for connections that begin or end at this moment.
      expect(after.files).toBeLessThanOrEqual(before.files + 4);
      expect(after.threads).toBe(before.threads);
      // Four workers are more than 60 MiB.
      expect(after.memory).toBeLessThan(before.memory + 30);
    },
    90_000,
  );
});
