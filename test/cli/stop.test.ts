import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { pause } from "../support/forwarder.ts";
import { temporaryFolder } from "../support/peers/process.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";
import { type Service, startService, yamlFor } from "./service.ts";

async function clientOf({ url }: Service): Promise<UdpClient> {
  const client = await UdpClient.open(url);
  onTestFinished(() => client.close());
  return client;
}

/** What /readyz says. */
function readiness({ folder }: Service): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(folder, "c.sock"), path: "/readyz" }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("SIGTERM", () => {
  it("under load: every query that was received is answered, and the exit code is 0", async () => {
    const upstream = await start({ delay: () => 150 });
    const service = await startService(yamlFor(upstream, "history: {file: h.ndjson}"));
    const client = await clientOf(service);
    let told = false;
    const replies = [];
    for (let i = 0; !told || i % 100 !== 0; i++) {
      replies.push(client.ask(`q${i}.test`, { within: 3000 }));
      if (i === 1000) {
        told = true;
        service.process.kill("SIGTERM");
      }
      if (i % 2 === 0) await pause(1);
    }
    expect(await service.ended).toBe(0);
    const received = readFileSync(join(service.folder, "h.ndjson"), "utf8").split("\n").length - 1;
    const answered = (await Promise.all(replies)).filter(({ message }) => message !== null);
    expect(received).toBeGreaterThan(900);
    expect(answered.length).toBe(received);
    expect(answered.filter(({ message }) => !outcomeOf(message).startsWith("10."))).toEqual([]);
  }, 20_000);

  it("makes it not ready at once, and go on for as long as lameduck says", async () => {
    const upstream = await start();
    const service = await startService(yamlFor(upstream, "lameduck: 1500ms"));
    const client = await clientOf(service);
    expect(await readiness(service)).toBe(200);
    const toldAt = performance.now();
    service.process.kill("SIGTERM");
    await service.said(/^stopping on SIGTERM/);
    expect(await readiness(service)).toBe(503);
    expect(outcomeOf((await client.ask("late.test")).message)).toMatch(/^10\./);
    expect((await service.run("reload")).stderr).toContain("the server stops");
    expect(await service.ended).toBe(0);
    expect(performance.now() - toldAt).toBeGreaterThan(1400);
  });

  it("a second time, stops it at once, whoever waits", async () => {
    const upstream = await start({ delay: () => 20_000 });
    const service = await startService(yamlFor(upstream, "lameduck: 1m", "timeout: 50s"));
    const client = await clientOf(service);
    const waiting = client.ask("slow.test", { within: 10_000 });
    await until(() => upstream.counters.queries > 0);
    service.process.kill("SIGTERM");
    await service.said(/^stopping on SIGTERM/);
    service.process.kill("SIGTERM");
    expect(await service.ended).toBe(0);
    expect(outcomeOf((await waiting).message)).toMatch(/^SERVFAIL/);
  }, 20_000);

  it("while it starts is not lost, as it would be on process 1: it stops when it has started", async () => {
    const { service, give } = await startWaiting();
    service.process.kill("SIGTERM");
    await give();
    expect(await service.ended).toBe(0);
    expect(service.stdout()).toContain("dotls ready");
    expect(service.news()).toContain("stopping on SIGTERM");
  });

  it("twice while it starts: it ends at once", async () => {
    const { service, give } = await startWaiting();
    service.process.kill("SIGTERM");
    service.process.kill("SIGINT");
    await give();
    expect(await service.ended).toBe(1);
    expect(service.stdout()).not.toContain("dotls ready");
  });
});

it("a server whose standard output nobody reads any more goes on", async () => {
  const { service, give } = await startWaiting();
  service.process.stdout.destroy();
  await give();
  await until(() => existsSync(join(service.folder, "c.sock")) || service.process.exitCode !== null);
  await pause(200);
  const { code, stdout } = await service.run("status");
  expect(stdout).toContain("listening on udp://");
  expect(code).toBe(0);
});

/** A service that has begun to read its configuration, which it gets when `give` is called. */
async function startWaiting(): Promise<{ service: Service; give: () => Promise<void> }> {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  const service = await startService("", { env: { DOTLS_CONFIG: pipe }, ready: false });
  // Opens as soon as somebody reads there.
  const file = await open(pipe, "w");
  return {
    service,
    give: async () => {
      await file.write("{workers: 1, state: none, localNames: {test: false}}\n");
      await file.close();
    },
  };
}
