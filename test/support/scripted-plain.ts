/**
 * A DNS server over UDP and TCP on one port of loopback that does what a test tells it, and keeps what it saw. Answers are
 * those of the scripted DNS-over-TLS upstream.
 */
import { type RemoteInfo, type Socket as UdpSocket, createSocket } from "node:dgram";
import { type Server, type Socket, createServer } from "node:net";
import { onTestFinished } from "vitest";
import { defaultAnswer, formErr, withoutRecords } from "./scripted-upstream/answers.ts";
import { type Knobs, defaultKnobs } from "./scripted-upstream/knobs.ts";
import { type ScriptedQuery, parseQuery } from "./scripted-upstream/query.ts";

/** All can change while it runs. */
export interface PlainKnobs {
  /** The answer's bytes, several for several datagrams, empty for none, undefined for the default answer. UDP only. */
  answer: ((query: ScriptedQuery, seen: PlainQuery) => readonly Uint8Array[] | undefined) | null;
  /** Milliseconds before an answer over UDP. */
  delay: number | ((query: ScriptedQuery) => number);
  /** Answers over UDP carry no records and TC. */
  truncate: boolean;
  /** Size in bytes that answers over TCP are filled up to. */
  size: number;
  /** Never answers over TCP. */
  silentTcp: boolean;
}

export interface PlainQuery {
  readonly over: "udp" | "tcp";
  /** The client's. */
  readonly port: number;
  readonly bytes: Buffer;
  readonly query: ScriptedQuery | null;
}

export class ScriptedPlain {
  readonly address: string;
  readonly knobs: PlainKnobs;
  readonly seen: PlainQuery[] = [];
  readonly #udp: UdpSocket;
  #tcp: Server | null = null;
  readonly #sockets = new Set<Socket>();

  /** Starts it on a port that the system chooses; ends with the test. `tcp: false`: TCP is refused. */
  static async start(
    options: Partial<PlainKnobs> & { readonly tcp?: boolean; readonly address?: string } = {},
  ): Promise<ScriptedPlain> {
    const { tcp = true, address = "127.0.0.1", ...knobs } = options;
    for (let attempt = 1; ; attempt++) {
      const server = new ScriptedPlain(address, knobs);
      try {
        await server.#listen(tcp);
        onTestFinished(() => server.close());
        return server;
      } catch (error) {
        await server.close();
        // Somebody else may hold the TCP port of that number.
        if (attempt === 5) throw error;
      }
    }
  }

  private constructor(address: string, knobs: Partial<PlainKnobs>) {
    this.address = address;
    this.knobs = { answer: null, delay: 0, truncate: false, size: 0, silentTcp: false, ...knobs };
    this.#udp = createSocket(address.includes(":") ? "udp6" : "udp4");
    this.#udp.on("message", (bytes, peer) => this.#datagram(bytes, peer));
  }

  get port(): number {
    return this.#udp.address().port;
  }

  set(knobs: Partial<PlainKnobs>): void {
    Object.assign(this.knobs, knobs);
  }

  /** What came over one of the two. */
  over(transport: "udp" | "tcp"): PlainQuery[] {
    return this.seen.filter(({ over }) => over === transport);
  }

  /** Sends a datagram from the server's port. */
  sendTo(port: number, bytes: Uint8Array): void {
    this.#udp.send(bytes, port, this.address);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#tcp;
    this.#tcp = null;
    if (server !== null) await new Promise((resolve) => server.close(resolve));
    try {
      await new Promise<void>((resolve) => {
        this.#udp.close(resolve);
      });
    } catch {
      // It is closed already: a test has stopped the server.
    }
  }

  async #listen(tcp: boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#udp.once("error", reject);
      this.#udp.bind(0, this.address, resolve);
    });
    if (!tcp) return;
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.port, this.address, resolve);
    });
    this.#tcp = server;
  }

  #datagram(bytes: Buffer, peer: RemoteInfo): void {
    const query = parseQuery(bytes, 0, this.seen.length + 1);
    const seen: PlainQuery = { over: "udp", port: peer.port, bytes, query };
    this.seen.push(seen);
    const { delay } = this.knobs;
    const wait = typeof delay === "function" ? (query === null ? 0 : delay(query)) : delay;
    setTimeout(() => {
      for (const message of this.#answers(seen)) this.#udp.send(message, peer.port, peer.address, () => {});
    }, wait);
  }

  #answers(seen: PlainQuery): readonly Uint8Array[] {
    const { query, bytes } = seen;
    if (query === null) return [formErr(bytes)];
    const made = this.knobs.answer?.(query, seen);
    if (made !== undefined) return made;
    if (!this.knobs.truncate) return [plainAnswer(query)];
    const cut = withoutRecords(query, 0, query.opt && new Uint8Array());
    cut[2]! |= 2;
    return [cut];
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const bytes = rest.subarray(2, 2 + rest.readUInt16BE(0));
        rest = rest.subarray(2 + bytes.length);
        const query = parseQuery(bytes, 0, this.seen.length + 1);
        this.seen.push({ over: "tcp", port: socket.remotePort ?? 0, bytes, query });
        if (this.knobs.silentTcp) continue;
        const message = query === null ? formErr(bytes) : plainAnswer(query, this.knobs.size);
        socket.write(Buffer.concat([Buffer.of(message.length >>> 8, message.length), message]));
      }
    });
  }
}

/** The default answer, filled up to `size` bytes. */
export function plainAnswer(query: ScriptedQuery, size: number = 0): Uint8Array {
  return defaultAnswer(query, { ...(defaultKnobs as Knobs), size });
}
