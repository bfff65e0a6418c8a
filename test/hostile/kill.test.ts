import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeMessage, messageRcode } from "../../src/dns/message.ts";
import { framed, TcpProbe, UdpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { type Daemon, startDaemon } from "./daemon.ts";

function udp({ port }: Daemon): UdpProbe {
  const client = new UdpProbe(port);
  onTestFinished(() => client.close());
  return client;
}

/** Asks a good query; gives its milliseconds. */
async function good(daemon: Daemon, client: UdpProbe | TcpProbe, name: string): Promise<number> {
  const start = performance.now();
  const reply = await Promise.race([client.ask(rawQuery({ name })), daemon.died]);
  expect(messageRcode(decodeMessage(Uint8Array.from(reply)))).toBe(0);
  return performance.now() - start;
}

/** Opens so many connections at once, from ten addresses of loopback; resolves when each is open or refused. */
async function flood({ port }: Daemon, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, (_, i) =>
    connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${10 + (i % 10)}` }),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.on("error", resolve);
          socket.once("connect", resolve);
        }),
    ),
  );
  return sockets;
}

function isOpen(socket: Socket): boolean {
  return !socket.destroyed && !socket.readableEnded;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

describe("attacks that are meant to kill", { timeout: 60_000 }, () => {
  it("2,000 connections at once that dribble bytes: a thousand are kept, everybody else is served", async () => {
    const daemon = await startDaemon();
    const client = udp(daemon);
    await good(daemon, client, "before.test");
    const sockets = await flood(daemon, 2000);
    for (const socket of sockets) socket.resume();
    const bytes = framed(rawQuery());
    for (let i = 0; i < 10; i++) {
      for (const socket of sockets) if (isOpen(socket)) socket.write(bytes.subarray(i, i + 1));
      expect(await good(daemon, client, `during-${i}.test`)).toBeLessThan(2000);
      await wait(50);
    }
    const kept = sockets.filter(isOpen).length;
    expect(kept).toBeLessThanOrEqual(1000);
    expect(kept).toBeGreaterThan(900);
    // A newcomer takes the place of one that has said nothing whole for the longest.
    const newcomer = await TcpProbe.connect(daemon.port);
    onTestFinished(() => newcomer.close());
    await good(daemon, newcomer, "newcomer.test");
    expect(daemon.memory()).toBeLessThan(250);
  });

  it("1,000 connections that each promise 65,535 bytes and send a few", async () => {
    const daemon = await startDaemon();
    const sockets = await flood(daemon, 1000);
    for (const socket of sockets) socket.write(Buffer.concat([Buffer.of(0xff, 0xff), Buffer.alloc(100)]));
    await wait(500);
    await good(daemon, udp(daemon), "still.test");
    expect(daemon.memory()).toBeLessThan(300);
  });

  it("100,000 queries on one connection whose answers are not read: they wait, and then all come", async () => {
    const daemon = await startDaemon();
    const client = udp(daemon);
    const greedy = await TcpProbe.connect(daemon.port);
    onTestFinished(() => greedy.close());
    greedy.socket.pause();
    const before = daemon.memory();
    for (let sent = 0; sent < 100_000; sent += 1000) {
      greedy.send(
        ...Array.from({ length: 1000 }, (_, i) => rawQuery({ id: (sent + i) & 0xffff, name: `n${i}.test` })),
      );
    }
    for (let i = 0; i < 10; i++) {
      expect(await good(daemon, client, `during-${i}.test`)).toBeLessThan(2000);
      await wait(50);
    }
    expect(daemon.memory()).toBeLessThan(before + 100);
    greedy.socket.resume();
    const end = performance.now() + 30_000;
    while (greedy.waiting < 100_000 && performance.now() < end) await wait(50);
    expect(greedy.waiting).toBe(100_000);
  });

  it("20,000 times an answer of 60 KiB, on forty connections, none of it read", async () => {
    const daemon = await startDaemon({ size: 60_000, delay: 300 });
    const sockets = await flood(daemon, 40);
    for (const socket of sockets) socket.pause();
    const query = framed(rawQuery({ name: "big.test" }));
    const many = Buffer.concat(Array.from({ length: 500 }, () => query));
    for (const socket of sockets) socket.write(many);
    let most = 0;
    for (let i = 0; i < 30; i++) {
      await wait(50);
      most = Math.max(most, daemon.memory());
    }
    expect(most).toBeLessThan(400);
    const reply = await udp(daemon).ask(rawQuery({ name: "small.test" }));
    expect(reply[2]! & 2).toBe(2);
  });

  it("one question asked 50,000 times of a silent server: SERVFAIL for those that were heard, and no memory for those that wait", async () => {
    const daemon = await startDaemon({ silent: true });
    const client = udp(daemon);
    const tcp = await TcpProbe.connect(daemon.port);
    onTestFinished(() => tcp.close());
    for (let sent = 0; sent < 50_000; sent += 500) {
      for (let i = 0; i < 500; i++) client.send(rawQuery({ id: (sent + i) & 0xffff, name: "same.test" }));
      await wait(2);
    }
    await wait(2500);
    // Ten thousand answers at once are more than the socket of this client can hold.
    expect(client.waiting).toBeGreaterThan(1000);
    while (client.waiting > 0) {
      const { bytes } = await client.receive();
      expect(bytes[3]! & 15).toBe(2);
    }
    expect(daemon.memory()).toBeLessThan(250);
    daemon.upstream.set({ silent: false });
    await good(daemon, tcp, "after.test");
  });

  it("no file left: UDP is answered all the while, and TCP again afterwards", async () => {
    const daemon = await startDaemon({}, 200);
    const client = udp(daemon);
    await good(daemon, client, "before.test");
    const sockets = await flood(daemon, 500);
    for (const socket of sockets) socket.resume();
    for (let i = 0; i < 10; i++) {
      expect(await good(daemon, client, `during-${i}.test`)).toBeLessThan(2000);
      await wait(50);
    }
    const kept = sockets.filter(isOpen).length;
    expect(kept).toBeGreaterThan(100);
    expect(kept).toBeLessThan(200);
    for (const socket of sockets) socket.destroy();
    await wait(200);
    const newcomer = await TcpProbe.connect(daemon.port);
    onTestFinished(() => newcomer.close());
    await good(daemon, newcomer, "after.test");
  });

  it("no file left when the connection to the server must be made anew: SERVFAIL, and then answers", async () => {
    const daemon = await startDaemon({}, 200);
    const client = udp(daemon);
    await good(daemon, client, "before.test");
    const sockets = await flood(daemon, 500);
    await wait(200);
    daemon.upstream.closeAll("rst");
    const reply = await Promise.race([client.ask(rawQuery({ name: "during.test" }), 5000), daemon.died]);
    expect([0, 2]).toContain(messageRcode(decodeMessage(Uint8Array.from(reply))));
    for (const socket of sockets) socket.destroy();
    await wait(1500);
    await good(daemon, client, "after.test");
  });
});
