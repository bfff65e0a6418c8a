/** A plain DNS server over UDP and TCP on one port of loopback that answers by a script, and keeps what it was asked. */
import { type RemoteInfo, createSocket } from "node:dgram";
import { type Socket, createServer } from "node:net";
import { onTestFinished } from "vitest";
import { FrameReader } from "../../src/dns/frames.ts";
import { Flag, writeU16 } from "../../src/dns/header.ts";
import { type Message, type ResourceRecord, decodeMessage, encodeMessage } from "../../src/dns/message.ts";
import { formatName, parseName } from "../../src/dns/name.ts";
import { typeName } from "../../src/dns/rrtype.ts";
import { parseZone } from "../../src/dns/zone-text.ts";

export interface PlainQuestion {
  readonly over: "udp" | "tcp";
  /** Without the dot at its end, in small letters. */
  readonly name: string;
  /** As a mnemonic. */
  readonly type: string;
  readonly id: number;
  /** The client's port. */
  readonly port: number;
}

export interface PlainReply {
  /** Records in zone text, absolute names. */
  readonly answer?: string;
  readonly additional?: string;
  readonly rcode?: number;
  readonly truncated?: boolean;
  /** Milliseconds before it is sent. */
  readonly delay?: number;
  /** What is sent instead, or before: whole messages made from the right one. */
  readonly forge?: (right: Message) => readonly Uint8Array[];
}

/** What to answer; null: nothing. */
export type PlainScript = (question: PlainQuestion) => PlainReply | null;

export class PlainServer {
  readonly asked: PlainQuestion[] = [];
  script: PlainScript;
  readonly address: string;
  port = 0;
  readonly #udp;
  readonly #tcp = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();

  /** Starts it; it ends with the test. */
  static async start(script: PlainScript, address = "127.0.0.1"): Promise<PlainServer> {
    for (let attempt = 1; ; attempt++) {
      const server = new PlainServer(script, address);
      try {
        await server.#listen();
        onTestFinished(() => server.close());
        return server;
      } catch (error) {
        await server.close();
        // Somebody else may hold the TCP port of that number.
        if (attempt === 5) throw error;
      }
    }
  }

  private constructor(script: PlainScript, address: string) {
    this.script = script;
    this.address = address;
    this.#udp = createSocket(address.includes(":") ? "udp6" : "udp4");
    this.#udp.on("message", (bytes, peer) => this.#datagram(bytes, peer));
  }

  /** The questions of one type. */
  of(type: string): readonly PlainQuestion[] {
    return this.asked.filter((question) => question.type === type);
  }

  /** Sends a datagram to a port on loopback. */
  send(port: number, message: Uint8Array): void {
    this.#udp.send(message, port, this.address);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#tcp.listening) await new Promise((resolve) => this.#tcp.close(resolve));
    await new Promise<void>((resolve) => {
      try {
        this.#udp.close(resolve);
      } catch {
        // A test has stopped it already.
        resolve();
      }
    });
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#udp.once("error", reject);
      this.#udp.bind(0, this.address, resolve);
    });
    this.port = this.#udp.address().port;
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once("error", reject);
      this.#tcp.listen(this.port, this.address, resolve);
    });
  }

  #datagram(bytes: Buffer, peer: RemoteInfo): void {
    this.#answer(bytes, "udp", peer.port, (message) => {
      this.#udp.send(message, peer.port, peer.address, () => {});
    });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    const frames = new FrameReader({
      onFrame: (bytes, start, end) => {
        this.#answer(bytes.slice(start, end), "tcp", socket.remotePort ?? 0, (message) => {
          const length = new Uint8Array(2);
          writeU16(length, 0, message.length);
          socket.write(Buffer.concat([length, message]));
        });
        return true;
      },
    });
    socket.on("data", (chunk: Buffer) => void frames.push(chunk, chunk.length));
  }

  #answer(bytes: Uint8Array, over: "udp" | "tcp", port: number, send: (message: Uint8Array) => void): void {
    const query = decodeMessage(bytes);
    const [question] = query.questions;
    if (question === undefined) return;
    const name = formatName(question.name).slice(0, -1).toLowerCase();
    const asked: PlainQuestion = { over, name, type: typeName(question.type), id: query.id, port };
    this.asked.push(asked);
    const reply = this.script(asked);
    if (reply === null) return;
    const right: Message = {
      ...query,
      flags: Flag.QR | Flag.RD | Flag.RA | (reply.truncated === true ? Flag.TC : 0) | (reply.rcode ?? 0),
      answers: records(reply.answer),
      additionals: records(reply.additional),
      edns: null,
    };
    setTimeout(() => {
      for (const message of reply.forge?.(right) ?? [encodeMessage(right)]) send(message);
    }, reply.delay ?? 0);
  }
}

function records(text = ""): readonly ResourceRecord[] {
  return text === "" ? [] : parseZone(text, { origin: parseName(".") });
}
