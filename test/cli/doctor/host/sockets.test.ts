import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { hostFiles } from "../../../../src/cli/doctor/host/files.ts";
import { holdersOf } from "../../../../src/cli/doctor/host/sockets.ts";

const proc = existsSync("/proc/net/udp");

describe.skipIf(!proc)(`holdersOf${proc ? "" : " (skipped: no /proc on this system)"}`, () => {
  it.each(["127.0.0.1", "::1"])("finds this process at a port of its own, %s", async (address) => {
    const server = createServer().listen(0, address);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const socket = createSocket(address === "::1" ? "udp6" : "udp4").bind(port, address);
    await once(socket, "listening");
    onTestFinished(() => void socket.close());
    const holders = holdersOf(port, hostFiles())!.filter((held) => held.address === address);
    expect(holders.map(({ transport, owner }) => [transport, owner?.pid])).toEqual([
      ["udp", process.pid],
      ["tcp", process.pid],
    ]);
    expect(holders[0]!.owner!.command[0]).toContain("node");
  });
});
