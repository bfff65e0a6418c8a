import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { getStatus } from "../../src/control/client.ts";
import { describeBatches, libc } from "../listen/ways.ts";
import { freePorts, temporaryFolder } from "../support/peers/process.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { SteadyLoad } from "../support/steady-load.ts";
import { type RunningCommand, runCommand, startCommand } from "./run-command.ts";
import { yamlFor } from "./service.ts";

/** A host on which one dotls after the other is started with the same configuration. */
class Host {
  readonly folder: string;
  readonly socket: string;
  readonly port: number;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.socket = join(folder, "c.sock");
  }

  /** `listen` without the port. */
  static async open(listen: string, ...more: string[]): Promise<Host> {
    const [upstream, [port = 0]] = await Promise.all([start(), freePorts(1)]);
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const host = new Host(folder.path, port);
    const own = [`listen: ["${listen}:${port}"]`, `control: {socket: "${host.socket}"}`, ...more];
    writeFileSync(join(folder.path, "dotls.yaml"), yamlFor(upstream, ...own));
    return host;
  }

  /** Starts a process, which ends with the test. */
  begin(...args: string[]): RunningCommand {
    const command = startCommand("serve", args, { cwd: this.folder });
    onTestFinished(async () => {
      command.process.kill("SIGKILL");
      await command.ended;
    });
    return command;
  }

  /** Waits until it answers as well. */
  async start(...args: string[]): Promise<RunningCommand> {
    const command = this.begin(...args);
    await until(() => command.stdout().includes("dotls ready") || command.process.exitCode !== null);
    if (command.process.exitCode !== null) throw new Error(command.stderr());
    return command;
  }
}

async function stop(command: RunningCommand): Promise<void> {
  command.process.kill("SIGTERM");
  expect(await command.ended).toBe(0);
}

const SHARE = "shareListeners: true";

describeBatches("a dotls that takes over from another one", () => {
  it.each([
    ["on an address of IPv4", "127.0.0.1", "127.0.0.1", ["workers: 1"], 2000],
    ["on an address of IPv6", "[::1]", "::1", ["workers: 1"], 500],
    ["on all addresses, with several workers", "0.0.0.0", "127.0.0.1", ["workers: 2"], 500],
    ["on all addresses of both families", "[::]", "::1", ["workers: 1"], 500],
    ["one by one", "127.0.0.1", "127.0.0.1", ["workers: 1", "io: dgram"], 500],
    ["slowly", "127.0.0.1", "127.0.0.1", ["workers: 1", "lameduck: 400ms"], 500],
  ])(
    "loses no query: %s",
    async (_, listen, address, more, perSecond) => {
      const host = await Host.open(listen, SHARE, ...more);
      let current = await host.start();
      const load = new SteadyLoad(address, host.port, perSecond, 4);
      for (let times = 3; times > 0; times--) {
        const next = await host.start();
        await stop(current);
        current = next;
        expect((await getStatus(host.socket)).pid).toBe(next.process.pid);
      }
      const bill = await load.stop();
      expect(bill.lost).toEqual([]);
      expect(bill.datagrams).toBeGreaterThan(perSecond / 2);
      expect(bill.connections).toBeGreaterThan(20);
      await stop(current);
      expect(existsSync(host.socket)).toBe(false);
    },
    60_000,
  );

  it("serves through its lameduck when nobody takes over", async () => {
    const host = await Host.open("127.0.0.1", SHARE, "lameduck: 1m");
    const only = await host.start();
    const load = new SteadyLoad("127.0.0.1", host.port, 500, 2);
    only.process.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const bill = await load.stop();
    expect(bill.lost).toEqual([]);
    expect(bill.datagrams).toBeGreaterThan(300);
    await stop(only);
  }, 30_000);

  it("leaves the history of both in one file, and gets the address of the API when it is free", async () => {
    const [api = 0] = await freePorts(1);
    const host = await Host.open("127.0.0.1", SHARE, "workers: 1", "history: {file: h.ndjson, size: 100000}");
    const http = ["--set", `control.http=127.0.0.1:${api}`];
    const old = await host.start(...http);
    const load = new SteadyLoad("127.0.0.1", host.port, 500, 2);
    const next = await host.start(...http);
    expect(old.stdout()).toContain(`control at http://127.0.0.1:${api}`);
    expect(next.stdout()).not.toContain("control at");
    expect(next.stderr()).toContain("until the process that has the address has stopped");
    await stop(old);
    await until(() => next.stderr().includes(`control at http://127.0.0.1:${api}`));
    const pid = ((await (await fetch(`http://127.0.0.1:${api}/v1/status`)).json()) as { pid: number }).pid;
    expect(pid).toBe(next.process.pid);
    const bill = await load.stop();
    await stop(next);
    expect(bill.lost).toEqual([]);
    const lines = readFileSync(join(host.folder, "h.ndjson"), "utf8").trimEnd().split("\n");
    const names = new Set(lines.map((line) => (JSON.parse(line) as { name: string }).name));
    expect([lines.length, names.size]).toEqual(Array(2).fill(bill.datagrams + bill.connections));
  }, 30_000);

  it("loses no query either when it cannot, after its doors were open", async () => {
    const host = await Host.open("127.0.0.1", SHARE, "workers: 1");
    await host.start();
    const load = new SteadyLoad("127.0.0.1", host.port, 500, 2);
    const file = join(host.folder, "dotls.yaml");
    const failed = host.begin("--set", `control.socket=${file}`);
    expect(await failed.ended).toBe(1);
    expect(failed.stderr()).toContain("there is a file that is not a socket");
    expect((await load.stop()).lost).toEqual([]);
  }, 30_000);
});

describeBatches("a dotls beside which another one listens", () => {
  it("is asked for its health itself", async () => {
    const host = await Host.open("127.0.0.1", SHARE, "workers: 1");
    const other = await host.start();
    const socket = join(host.folder, "mine.sock");
    const health = (): ReturnType<typeof runCommand> =>
      runCommand("healthcheck", [], { cwd: host.folder, env: { DOTLS_CONTROL_SOCKET: socket } });
    expect(await health()).toMatchObject({ code: 1, stderr: expect.stringContaining("mine.sock") as string });
    await host.start("--set", `control.socket=${socket}`);
    expect(await health()).toMatchObject({ code: 0, stdout: `healthy: ${socket}\n` });
    other.process.kill("SIGSTOP");
    expect(await health()).toMatchObject({ code: 0 });
    const none = { DOTLS_CONTROL_SOCKET: "none" };
    expect(await runCommand("healthcheck", [], { cwd: host.folder, env: none })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("control.socket is none") as string,
    });
  }, 30_000);
});

describe("a second dotls that is not told to share", () => {
  it.each([
    ["neither is", "false"],
    ["the first one is", "true"],
  ])("is told that the port is in use: %s", async (_, first) => {
    const host = await Host.open("127.0.0.1");
    await host.start("--set", `shareListeners=${libc === null ? "false" : first}`);
    const second = host.begin();
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toMatch(/cannot listen on udp:\/\/127\.0\.0\.1:\d+: EADDRINUSE/);
  });
});
