import dgram from "node:dgram";
import { type DecodedMessage, decodeMessage } from "../../src/dns/message.ts";
import { formatName } from "../../src/dns/name.ts";
import { makeQuery } from "./dot-client.ts";

/** What a client got for one question; the message is null when nothing came in time. */
export interface UdpReply {
  readonly name: string;
  readonly message: DecodedMessage | null;
  readonly milliseconds: number;
}

interface Pending {
  readonly name: string;
  readonly type: number;
  done(message: DecodedMessage | null): void;
}

/** A stub resolver over UDP that judges: every reply is decoded whole and must carry a question that is out. */
export class UdpClient {
  /** What came and answers nothing that was asked, in words. A right server leaves it empty. */
  readonly wrong: string[] = [];
  readonly #socket = dgram.createSocket("udp4");
  readonly #host: string;
  readonly #port: number;
  readonly #pending = new Map<number, Pending>();
  #id = 0;
  #closed = false;

  private constructor({ hostname, port }: URL) {
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** `url` is `udp://127.0.0.1:PORT`, or another loopback address; it asks from the address `from`. */
  static async open(url: string, from = "127.0.0.1"): Promise<UdpClient> {
    const client = new UdpClient(new URL(url));
    const socket = client.#socket;
    await new Promise<void>((resolve) => {
      socket.bind(0, from, resolve);
    });
    socket.setRecvBufferSize(4 * 1024 * 1024);
    socket.on("message", (bytes) => client.#receive(bytes));
    return client;
  }

  /** Asks with EDNS, once. */
  ask(name: string, { type = 1, within = 6000 } = {}): Promise<UdpReply> {
    const id = this.#id++ & 0xffff;
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#pending.get(id)?.done(null), within);
      this.#pending.set(id, {
        name,
        type,
        done: (message) => {
          clearTimeout(timer);
          this.#pending.delete(id);
          resolve({ name, message, milliseconds: performance.now() - startedAt });
        },
      });
      this.#socket.send(makeQuery(name, { id, type, options: [] }), this.#port, this.#host);
    });
  }

  /** Asks all, so many of them at a time. */
  async askAll(names: readonly string[], inFlight: number): Promise<UdpReply[]> {
    const replies: UdpReply[] = [];
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < names.length) replies.push(await this.ask(names[next++]!));
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    return replies;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const pending of this.#pending.values()) pending.done(null);
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }

  #receive(bytes: Buffer): void {
    let message: DecodedMessage;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      this.wrong.push(`undecodable (${String(error)}): ${bytes.toString("hex")}`);
      return;
    }
    const pending = this.#pending.get(message.id);
    const [question] = message.questions;
    const asked = question === undefined ? "" : formatName(question.name);
    if (pending === undefined || asked !== `${pending.name}.` || question?.type !== pending.type) {
      this.wrong.push(`a reply about "${asked}" for "${pending?.name ?? "nobody"}"`);
    } else pending.done(message);
  }
}
