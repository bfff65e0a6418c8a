import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { TcpProbe } from "./plain-client.ts";
import { rawQuery } from "./raw-query.ts";

/** Source ports of the datagrams: the kernel chooses by them which of several sockets gets a query. */
const PORTS = 32;

/** How often datagrams are sent, ms. */
const TICK = 2;

/** What has become of all that was asked. */
export interface Bill {
  readonly datagrams: number;
  readonly connections: number;
  /** Every question that was not answered as it should be, in words. */
  readonly lost: readonly string[];
}

/**
 * Asks until it is told to stop: so many datagrams a second from many ports, and over TCP one connection after the other for
 * each question, several at a time. Nothing is asked twice. `ask` says where: `127.0.0.1`, `::1`.
 */
export class SteadyLoad {
  #lost: string[] = [];
  #datagrams = 0;
  #connections = 0;
  #stopped = false;
  #runs: Promise<unknown>;
  #waiting = new Map<string, string>();

  /** `connections` at a time over TCP. */
  constructor(address: string, port: number, perSecond: number, connections: number) {
    this.#runs = Promise.all([
      this.#datagramsTo(address, port, perSecond),
      ...Array.from({ length: connections }, (_, at) => this.#connectionsTo(address, port, at)),
    ]);
  }

  /** Gives what was lost, when all that can come has come. */
  async stop(): Promise<Bill> {
    this.#stopped = true;
    await this.#runs;
    const lost = [...this.#lost, ...[...this.#waiting.values()].map((name) => `UDP ${name}: nothing`)];
    return { datagrams: this.#datagrams, connections: this.#connections, lost };
  }

  async #datagramsTo(address: string, port: number, perSecond: number): Promise<void> {
    const family = address.includes(":") ? "udp6" : "udp4";
    const sockets = Array.from({ length: PORTS }, (_, at) => this.#socket(family, at));
    await Promise.all(sockets.map((socket) => once(socket, "listening")));
    const startedAt = performance.now();
    while (!this.#stopped) {
      const due = ((performance.now() - startedAt) * perSecond) / 1000;
      for (; this.#datagrams < due; this.#datagrams++) {
        const at = this.#datagrams % PORTS;
        const id = Math.floor(this.#datagrams / PORTS) & 0xffff;
        const name = `u${this.#datagrams}.test`;
        this.#waiting.set(`${at} ${id}`, name);
        sockets[at]!.send(rawQuery({ id, name }), port, address);
      }
      await pause(TICK);
    }
    for (let left = 250; left > 0 && this.#waiting.size > 0; left--) await pause(20);
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))));
  }

  #socket(family: "udp4" | "udp6", at: number): Socket {
    const socket = createSocket(family);
    socket.on("error", (error) => this.#lost.push(`UDP: ${error.message}`));
    socket.on("message", (bytes) => {
      const key = `${at} ${bytes.readUInt16BE(0)}`;
      const name = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (!isAnswer(bytes)) this.#lost.push(`UDP ${name ?? "twice"}: rcode ${bytes[3]! & 15}`);
    });
    socket.bind(0);
    return socket;
  }

  async #connectionsTo(address: string, port: number, lane: number): Promise<void> {
    for (let count = 0; !this.#stopped; count++) {
      const name = `t${lane}x${count}.test`;
      try {
        const client = await TcpProbe.connect(port, address);
        this.#connections++;
        // Some say at once what they want, and some only when the handshake is long over.
        if (count % 4 === 0) await pause(10);
        client.send(rawQuery({ id: 7, name }));
        const bytes = await client.receive(6000);
        if (!isAnswer(bytes)) this.#lost.push(`TCP ${name}: rcode ${bytes[3]! & 15}`);
        await client.close();
      } catch (error) {
        this.#lost.push(`TCP ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
      await pause(5);
    }
  }
}

function isAnswer(bytes: Buffer): boolean {
  return bytes.length > 12 && (bytes[3]! & 15) === 0 && bytes.readUInt16BE(6) > 0;
}
