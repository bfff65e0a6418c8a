import { describe, expect, it, onTestFinished } from "vitest";
import { failuresOf, load, pause } from "../support/forwarder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { UdpClient } from "../support/udp-client.ts";
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

async function failed(clients: readonly UdpClient[], prefix: string): Promise<string[]> {
  return failuresOf(await Promise.all(clients.map((client, at) => client.ask(`${prefix}${at}.test`))));
}

describe.skipIf(!canShare)("another configuration for two workers", () => {
  it("is taken by both, under load, without a query lost; doors and connections that stay are the same", async () => {
    const [a, b] = [await start({ ttl: 300 }), await start({ ttl: 300 })];
    const host = await hostWorkers(a);
    const clients = await clientsOf(host.url);
    const both = `upstreams=${[a, b].map((one) => `tls://127.0.0.1:${one.port}#${one.name}`).join(" ")}`;
    const loads = clients
      .slice(0, 4)
      .map((client, at) => load(client, 100, 3000, { prefix: `l${at}-`, suffix: "test" }));
    for (let round = 0; round < 10; round++) {
      const set = round % 2 === 0 ? [both, "policy=round-robin"] : [];
      const more = round % 3 === 0 ? ["listen=127.0.0.1:0,udp://127.0.0.2:0"] : [];
      const report = await host.reload(a, ...set, ...more);
      expect(report.error).toBeUndefined();
      expect(report.listeners?.[0]).toBe(host.url);
      await pause(150);
    }
    expect(failuresOf((await Promise.all(loads)).flat())).toEqual([]);
    // One for each worker; a busy machine may make one of them look quiet, and get another. Ten reloads would make twenty.
    expect(a.counters.connections).toBeLessThan(6);

    await host.reload(b);
    expect(await failed(clients, "b")).toEqual([]);
    expect(b.counters.queries).toBeGreaterThanOrEqual(CLIENTS);
    // What the one before had said is forgotten by both.
    const before = b.counters.queries;
    expect(await failed(clients, "l0-")).toEqual([]);
    expect(b.counters.queries - before).toBe(CLIENTS);
    expect((await host.status()).upstreams).toHaveLength(1);
  }, 30_000);

  it("is refused by both where one door cannot be had", async () => {
    const [a, b] = [await start(), await start()];
    const host = await hostWorkers(a);
    const clients = await clientsOf(host.url);
    const report = await host.reload(b, `listen=127.0.0.1:0 tcp://127.0.0.1:${a.port}`);
    expect(report.error).toMatch(/^cannot listen on tcp:.*EADDRINUSE/);
    expect(await failed(clients, "x")).toEqual([]);
    expect(b.counters.queries).toBe(0);
    expect((await host.reload(b)).error).toBeUndefined();
  }, 20_000);

  it("is that of a worker that is started later", async () => {
    const [a, b] = [await start(), await start()];
    const host = await hostWorkers(a);
    const clients = await clientsOf(host.url);
    await host.reload(b, "timeout=3s");
    host.kill();
    await until(() => host.log().includes("the new worker answers"));
    expect(await failed(clients, "n")).toEqual([]);
    expect(a.counters.queries).toBe(0);
    expect(b.counters.queries).toBe(CLIENTS);
  }, 20_000);

  it("survives the death of a worker at the same time", async () => {
    const [a, b] = [await start(), await start()];
    const host = await hostWorkers(a);
    host.kill();
    const report = await host.reload(b);
    await until(() => host.log().includes("the new worker answers"));
    // It may have died before the new configuration was ready.
    if (report.error !== undefined) expect((await host.reload(b)).error).toBeUndefined();
    const clients = await clientsOf(host.url);
    expect(await failed(clients, "n")).toEqual([]);
    expect(a.counters.queries).toBe(0);
  }, 20_000);
});
