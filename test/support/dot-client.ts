import type { ConnectionOptions, TLSSocket } from "node:tls";
import tls from "node:tls";

/** A plain DNS-over-TLS client over node:tls, for judging servers: it knows frames, and messages only as bytes. */
export class DotClient {
  readonly socket: TLSSocket;
  /** Sizes of the `data` events, about one for each TLS record. */
  readonly chunks: number[] = [];
  /** The session of the last ticket. */
  session: Buffer | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #ended: string | null = null;

  /** Connects and shakes hands; rejects with the TLS or socket error. */
  static async connect(options: ConnectionOptions): Promise<DotClient> {
    const socket = tls.connect({
      host: "127.0.0.1",
      servername: "dot.test",
      ALPNProtocols: ["dot"],
      rejectUnauthorized: true,
      ...options,
    });
    const client = new DotClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        socket.off("error", reject);
        resolve();
      });
    });
    return client;
  }

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("session", (session) => {
      this.session = session;
    });
    socket.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk.length);
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    socket.on("end", () => this.#end("end"));
    socket.on("close", () => this.#end("close"));
  }

  /** Sends messages, framed, in one write. */
  send(...messages: readonly Uint8Array[]): void {
    const parts = messages.flatMap((message) => [
      Uint8Array.of(message.length >>> 8, message.length),
      message,
    ]);
    this.socket.write(Buffer.concat(parts));
  }

  /** The next `count` messages, without length prefixes; rejects when the connection ends before or time is over. */
  async receive(count: number = 1, within: number = 3000): Promise<Buffer[]> {
    const messages: Buffer[] = [];
    const until = performance.now() + within;
    while (messages.length < count) {
      const message = this.#take();
      if (message !== null) messages.push(message);
      else if (this.#ended !== null)
        throw new Error(`ended (${this.#ended}) after ${messages.length} messages`);
      else await this.#more(until - performance.now(), messages.length);
    }
    return messages;
  }

  /** Sends one message and gives the next one that comes. */
  async ask(message: Uint8Array): Promise<Buffer> {
    this.send(message);
    const [answer] = await this.receive();
    return answer!;
  }

  /** How the connection ended: "end", "close" or an error code. Waits for it. */
  async ended(within: number = 3000): Promise<string> {
    const until = performance.now() + within;
    while (this.#ended === null) await this.#more(until - performance.now(), 0);
    return this.#ended;
  }

  /** What was received and is no whole message yet. */
  get rest(): Buffer {
    return this.#received;
  }

  async close(): Promise<void> {
    if (this.socket.closed) return;
    await new Promise((resolve) => {
      this.socket.once("close", resolve);
      this.socket.destroy();
    });
  }

  #take(): Buffer | null {
    if (this.#received.length < 2) return null;
    const end = 2 + this.#received.readUInt16BE(0);
    if (this.#received.length < end) return null;
    const message = this.#received.subarray(2, end);
    this.#received = this.#received.subarray(end);
    return message;
  }

  #more(milliseconds: number, got: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing more after ${got} messages`)),
        Math.max(milliseconds, 0),
      );
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#wake();
  }
}

export interface QueryOptions {
  readonly id?: number;
  readonly type?: number;
  /** OPT with these options, in order; default none, no OPT. */
  readonly options?: readonly { readonly code: number; readonly data: Uint8Array }[];
  readonly version?: number;
}

/** A query in wire form: RD set, class IN, name without escapes. */
export function makeQuery(
  name: string,
  { id = 0x1234, type = 1, options, version = 0 }: QueryOptions = {},
): Buffer {
  const question: number[] = [];
  for (const label of name.split(".")) {
    if (label.length > 0) question.push(label.length, ...Buffer.from(label, "latin1"));
  }
  question.push(0);
  const bytes = [id >>> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, options === undefined ? 0 : 1];
  bytes.push(...question, type >>> 8, type & 0xff, 0, 1);
  if (options !== undefined) {
    const all: number[] = [];
    for (const { code, data } of options) {
      all.push(code >>> 8, code & 0xff, data.length >>> 8, data.length & 0xff, ...data);
    }
    bytes.push(0, 0, 41, 4, 0xd0, 0, version, 0, 0, all.length >>> 8, all.length & 0xff, ...all);
  }
  return Buffer.from(bytes);
}
