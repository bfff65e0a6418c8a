import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeMessage, messageRcode } from "../../src/dns/message.ts";
import { failuresOf, pause } from "../support/forwarder.ts";
import { framed, TcpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { UdpClient } from "../support/udp-client.ts";
import { canShare, hostWorkers, type WorkerHost } from "./worker-host.ts";

/** Connections enough that each worker has some, however the kernel divides them. */
const CLIENTS = 24;

async function tcpClients(host: WorkerHost): Promise<TcpProbe[]> {
  const port = Number(new URL(host.url).port);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => TcpProbe.connect(port)));
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  return clients;
}

/** Everybody who asks a good question is answered, over UDP and TCP. */
async function good(host: WorkerHost, prefix: string): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => UdpClient.open(host.url)));
  const replies = await Promise.all(clients.map((client, at) => client.ask(`${prefix}${at}.test`)));
  await Promise.all(clients.map((client) => client.close()));
  expect(failuresOf(replies)).toEqual([]);
  const others = await tcpClients(host);
  const answers = await Promise.all(others.map((client) => client.ask(rawQuery({ name: "tcp.test" }))));
  expect(answers.map(rcodeOf)).toEqual(others.map(() => 0));
  await Promise.all(others.map((client) => client.close()));
}

function rcodeOf(reply: Buffer): number {
  return messageRcode(decodeMessage(Uint8Array.from(reply)));
}

function memory({ pid }: WorkerHost): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}

async function both(options: Parameters<typeof start>[0] = {}): Promise<[WorkerHost, ScriptedUpstream]> {
  const upstream = await start({ ttl: 300, ...options });
  return [await hostWorkers(upstream), upstream];
}

describe.skipIf(!canShare)("two workers and bad input", () => {
  it("answer all that a client has asked who then closes his side", async () => {
    const [host] = await both({ delay: 100 });
    const clients = await tcpClients(host);
    for (const [at, client] of clients.entries()) {
      const queries = Array.from({ length: 20 }, (_, id) => rawQuery({ id, name: `h${id}c${at}.test` }));
      client.socket.end(framed(...queries));
    }
    for (const client of clients) {
      expect(await client.ended(10_000)).toBe("end");
      const replies = await Promise.all(Array.from({ length: 20 }, () => client.receive()));
      expect(replies.map(rcodeOf)).toEqual(replies.map(() => 0));
      expect(new Set(replies.map((reply) => reply.readUInt16BE(0))).size).toBe(20);
    }
    expect((await host.status()).queries.replies).toEqual({ NOERROR: 20 * CLIENTS });
  });

  it("wait for those who say nothing, and for what comes byte by byte", async () => {
    const [host] = await both();
    await tcpClients(host);
    const slow = await tcpClients(host);
    const bytes = framed(rawQuery({ name: "slow.test" }), rawQuery({ name: "slower.test" }));
    for (const [at] of bytes.entries()) {
      for (const client of slow) client.socket.write(bytes.subarray(at, at + 1));
      await pause(2);
    }
    for (const client of slow) {
      expect(rcodeOf(await client.receive())).toBe(0);
      expect(rcodeOf(await client.receive())).toBe(0);
    }
    await good(host, "g");
  });

  it("end a stream with a length of 0, and go on with the others", async () => {
    const [host] = await both();
    const clients = await tcpClients(host);
    for (const [at, client] of clients.entries())
      client.socket.write(at % 2 === 0 ? Buffer.of(0, 0) : framed(rawQuery(), Buffer.alloc(0), rawQuery()));
    for (const client of clients) expect(await client.ended()).not.toBe("");
    await good(host, "g");
    expect(host.log()).not.toContain("fault");
  });

  it("take messages of 65,535 bytes over TCP, and datagrams of every size", async () => {
    const [host] = await both();
    const clients = await tcpClients(host);
    const empty = rawQuery({ name: "big.test", opt: { options: [{ code: 65_001 }] } });
    const data = new Uint8Array(65_535 - empty.length);
    const big = rawQuery({ name: "big.test", opt: { options: [{ code: 65_001, data }] } });
    expect(big.length).toBe(65_535);
    const garbage = Buffer.alloc(65_535, 0x11);
    for (const client of clients) client.send(big, garbage, big);
    for (const client of clients) {
      const codes = [await client.receive(), await client.receive(), await client.receive()].map(rcodeOf);
      expect(codes.toSorted((a, b) => a - b)).toEqual([0, 0, 4]);
    }
    const port = Number(new URL(host.url).port);
    const socket = createSocket("udp4");
    onTestFinished(() => {
      socket.close();
    });
    for (let at = 0; at < CLIENTS; at++)
      for (const size of [0, 1, 11, 12, 13, 511, 4096, 4097, 65_507])
        socket.send(size > 4096 ? big.subarray(0, size) : garbage.subarray(0, size), port, "127.0.0.1");
    await good(host, "g");
    expect(host.log()).not.toContain("fault");
  });

  it("hold little for those who ask for much and read nothing", async () => {
    const [host, upstream] = await both({ size: 60_000 });
    const [first] = await tcpClients(host);
    const answer = await first!.ask(rawQuery({ name: "tcp.test" }));
    expect(answer.length).toBeGreaterThan(50_000);
    upstream.set({ size: 0 });
    await good(host, "before");
    const before = memory(host);
    const port = Number(new URL(host.url).port);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const queries = framed(...Array.from({ length: 1000 }, (_, id) => rawQuery({ id, name: "tcp.test" })));
    for (let at = 0; at < 60; at++) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.pause();
      socket.write(queries);
      sockets.push(socket);
    }
    let most = 0;
    for (let round = 0; round < 20; round++) {
      await pause(100);
      most = Math.max(most, memory(host));
    }
    // 64 KiB and an answer for each, and what the kernel has taken and nobody has cleared away yet.
    expect(most - before).toBeLessThan(150);
    await good(host, "after");
    // Who reads after all gets every answer.
    let bytes = 0;
    sockets[0]!.on("data", (chunk) => (bytes += chunk.length)).resume();
    await until(() => bytes >= 1000 * (answer.length + 2));
    expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
  });
});
