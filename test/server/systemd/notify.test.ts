import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openNotifySocket } from "../../../src/server/systemd/notify-socket.ts";
import { replace, startService, yamlFor } from "../../cli/service.ts";
import { pause } from "../../support/forwarder.ts";
import { describeWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/peers/process.ts";
import { start, until } from "../../support/scripted-upstream/fixture.ts";
import { startManager } from "./manager.ts";

function socketPath(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return join(folder.path, "notify");
}

describeWith(["python3"], "what a service manager is told", () => {
  it("ready when it answers; reloading and ready again; stopping, with the time that it may take", async () => {
    const upstream = await start();
    const manager = await startManager(socketPath());
    const env = { NOTIFY_SOCKET: manager.address };
    const service = await startService(yamlFor(upstream, "timeout: 2s", "lameduck: 100ms"), { env });
    await until(() => manager.messages().length === 1);
    const ready = `answering on ${service.url} ${service.url.replace("udp", "tcp")}`;
    expect(manager.messages()).toEqual([{ READY: "1", STATUS: ready }]);

    const before = process.hrtime.bigint() / 1000n;
    service.process.kill("SIGHUP");
    await until(() => manager.messages().length === 3);
    const [, reloading, again] = manager.messages();
    expect(reloading).toMatchObject({ RELOADING: "1" });
    expect(BigInt(reloading!["MONOTONIC_USEC"]!) - before).toBeLessThan(30_000_000n);
    expect(BigInt(reloading!["MONOTONIC_USEC"]!)).toBeGreaterThan(before);
    expect(again).toEqual({ READY: "1", STATUS: ready });

    replace(service.file, "timout: 1s\nupstreams: 7");
    service.process.kill("SIGHUP");
    await until(() => manager.messages().length === 5);
    expect(manager.messages()[4]).toMatchObject({
      READY: "1",
      STATUS: expect.stringMatching(/^the configuration before stays in force: dotls\.yaml:1:1: timout/),
    });

    service.process.kill("SIGTERM");
    expect(await service.ended).toBe(0);
    await until(() => manager.messages().length === 6);
    expect(manager.messages()[5]).toMatchObject({ STOPPING: "1", EXTEND_TIMEOUT_USEC: "7100000" });
  }, 20_000);

  it("that it lives, at a name in no file system, twice in the time that it has; not when its event loop stands still", async () => {
    const upstream = await start();
    const manager = await startManager(`@dotls-test-${process.pid}-${Date.now()}`);
    const env = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "400000" };
    const service = await startService(yamlFor(upstream), { env });
    const beats = (): number => manager.messages().filter(({ WATCHDOG }) => WATCHDOG === "1").length;
    await until(() => beats() >= 4);
    service.process.kill("SIGSTOP");
    await pause(300);
    const stopped = beats();
    await pause(1000);
    expect(beats()).toBe(stopped);
    service.process.kill("SIGCONT");
    await until(() => beats() > stopped);
  }, 20_000);

  it("nothing of what is meant for another process", async () => {
    const upstream = await start();
    const manager = await startManager(socketPath());
    const env = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "100000", WATCHDOG_PID: "1" };
    await startService(yamlFor(upstream), { env });
    await until(() => manager.messages().length > 0);
    await pause(500);
    expect(manager.messages().map((message) => Object.keys(message)[0])).toEqual(["READY"]);
  });

  it("nothing where nobody is, or where the address is none", async () => {
    const upstream = await start();
    await startService(yamlFor(upstream), { env: { NOTIFY_SOCKET: socketPath() } });
    for (const address of ["", "@", "relative", "vsock:2:1234", `/${"x".repeat(108)}`]) {
      expect(await openNotifySocket(address)).toBeNull();
    }
  });
});

describeWith(["python3", "systemd-notify"], "without koffi", () => {
  it("systemd-notify says it, in the right order", async () => {
    const manager = await startManager(socketPath());
    const send = await openNotifySocket(manager.address, "program");
    send!("RELOADING=1\nSTATUS=one two");
    send!("READY=1");
    send!("STOPPING=1");
    const sent = (): Record<string, string>[] =>
      manager.messages().filter(({ BARRIER }) => BARRIER === undefined);
    await until(() => sent().length === 3);
    expect(sent()).toEqual([{ RELOADING: "1", STATUS: "one two" }, { READY: "1" }, { STOPPING: "1" }]);
  }, 20_000);
});
