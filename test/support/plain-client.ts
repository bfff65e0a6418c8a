import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, type Socket } from "node:net";

/** A datagram with where it came from. */
export interface Datagram {
  readonly bytes: Buffer;
  readonly address: string;
  readonly port: number;
}

/** Messages that wait to be taken, and takers that wait for messages. */
class Mailbox<T> {
  readonly #messages: T[] = [];
  readonly #takers: (() => void)[] = [];
  #end: string | null = null;

  put(message: T): void {
    this.#messages.push(message);
    this.#wake();
  }

  /** No more will come, for this reason. */
  end(reason: string): void {
    this.#end ??= reason;
    this.#wake();
  }

  get ended(): string | null {
    return this.#end;
  }

  get length(): number {
    return this.#messages.length;
  }

  async take(within: number): Promise<T> {
    const until = performance.now() + within;
    while (this.#messages.length === 0) {
      if (this.#end !== null) throw new Error(`ended: ${this.#end}`);
      await this.changed(until - performance.now());
    }
    return this.#messages.shift()!;
  }

  changed(within: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("nothing came in time")), Math.max(0, within));
      this.#takers.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const wake of this.#takers.splice(0)) wake();
  }
}

/** A client that knows nothing but UDP: what it sends and receives are bytes. */
export class UdpProbe {
  readonly #socket: UdpSocket;
  readonly #mail = new Mailbox<Datagram>();
  readonly #port: number;
  readonly #address: string;

  constructor(port: number, address: string = "127.0.0.1") {
    this.#port = port;
    this.#address = address;
    this.#socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    this.#socket.on("error", () => {});
    this.#socket.on("message", (bytes, peer) =>
      this.#mail.put({ bytes, address: peer.address, port: peer.port }),
    );
  }

  send(message: Uint8Array): void {
    this.#socket.send(message, this.#port, this.#address);
  }

  /** The next datagram that comes. */
  receive(within: number = 3000): Promise<Datagram> {
    return this.#mail.take(within);
  }

  async ask(message: Uint8Array, within: number = 3000): Promise<Buffer> {
    this.send(message);
    return (await this.receive(within)).bytes;
  }

  /** How many datagrams wait to be received. */
  get waiting(): number {
    return this.#mail.length;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}

/** A client over TCP that knows frames, and messages only as bytes. */
export class TcpProbe {
  readonly socket: Socket;
  readonly #mail = new Mailbox<Buffer>();
  #rest: Buffer = Buffer.alloc(0);

  static async connect(port: number, address: string = "127.0.0.1"): Promise<TcpProbe> {
    const socket = connect({ port, host: address, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve();
      });
    });
    return new TcpProbe(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => this.#mail.end("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#mail.end(error.code ?? error.message));
    socket.on("close", () => this.#mail.end("close"));
  }

  /** Sends messages, framed, in one write. */
  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(framed(...messages));
  }

  receive(within: number = 3000): Promise<Buffer> {
    return this.#mail.take(within);
  }

  async ask(message: Uint8Array): Promise<Buffer> {
    this.send(message);
    return this.receive();
  }

  /** How many messages wait to be received. */
  get waiting(): number {
    return this.#mail.length;
  }

  /** How the server ended it: "end" (FIN), or the code of an error. Waits for it. */
  async ended(within: number = 3000): Promise<string> {
    const until = performance.now() + within;
    while (this.#mail.ended === null) await this.#mail.changed(until - performance.now());
    return this.#mail.ended;
  }

  async close(): Promise<void> {
    if (this.socket.closed) return;
    await new Promise((resolve) => {
      this.socket.once("close", resolve);
      this.socket.destroy();
    });
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (this.#rest.length - at >= 2) {
      const end = at + 2 + this.#rest.readUInt16BE(at);
      if (end > this.#rest.length) break;
      this.#mail.put(this.#rest.subarray(at + 2, end));
      at = end;
    }
    this.#rest = this.#rest.subarray(at);
  }
}

/** Messages behind their two-byte lengths (RFC 1035 section 4.2.2). */
export function framed(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => [Buffer.of(message.length >>> 8, message.length), message]),
  );
}
