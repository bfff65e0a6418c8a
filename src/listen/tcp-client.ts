import type { Socket } from "node:net";
import { type FrameSink, FrameReader } from "../dns/frames.ts";
import { HEADER_LENGTH, writeU16 } from "../dns/header.ts";
import type { ReplyWay } from "../dns/reply-writer.ts";
import { ClientQuery } from "./client-query.ts";
import type { Door, QueryHandler } from "./door.ts";

/** One of `Transport` in observe/outcome.ts. */
const TCP = 1;

/** How long a client may say nothing, in ms (RFC 7766 section 6.2.3). Longer than CoreDNS keeps a connection, so that it closes first. */
export const IDLE_TIMEOUT = 30_000;

const WAY: ReplyWay = { datagrams: false, keepalive: IDLE_TIMEOUT / 100 };

/** Queries of one client that wait for an answer, at the most, before it is read no further (RFC 7766 section 10). */
const MAX_WAITING = 500;

/** Bytes of answers that the kernel has not taken, at the most, before the client is read no further. */
const MAX_UNREAD = 65_536;

const NO_ROOM = Buffer.alloc(0);

/** Whoever has the client among others. */
export interface TcpClientOwner {
  /**
   * Bytes of answers that may be held for one client at this moment, before it is cut off. Those to queries that it asked
   * before it was read no further come all the same, and 500 answers of 64 KiB would be 32 MB for each connection.
   */
  readonly mostHeld: number;
  /** Its connection is over. */
  onGone(client: TcpClient): void;
}

/**
 * One TCP connection of a client. Queries are handled as they come and answered as answers come, in any order
 * (RFC 7766 section 6.2.1.1). A half-close ends the questions, not the answers.
 */
export class TcpClient implements Door, FrameSink {
  readonly way: ReplyWay = WAY;
  /** Behind the length of the frame. */
  readonly roomAt = 2;
  readonly address: string;
  /** When its last whole message came, monotonic ms. */
  lastMessageAt: number;

  #socket: Socket;
  #port: number;
  #handler: QueryHandler;
  #owner: TcpClientOwner;
  #frames = new FrameReader(this);
  #waiting = 0;
  #asked = false;
  /** No more questions will come, or will be read. */
  #finished = false;
  /** It is to finish as soon as that can be done without a query lost. */
  #leaving = false;
  #corked = false;
  #paused = false;
  /** What had come with the question at which it was read no further. */
  #unread: Buffer | null = null;
  /** Nothing comes behind that. */
  #ended = false;
  #room: Buffer = NO_ROOM;
  #idle: NodeJS.Timeout;
  #spare: ClientQuery;

  constructor(socket: Socket, handler: QueryHandler, owner: TcpClientOwner) {
    this.#socket = socket;
    this.#handler = handler;
    this.#owner = owner;
    this.#spare = new ClientQuery(this, TCP);
    // `::ffff:192.0.2.1` is IPv4 that came by a dual-stack socket.
    this.address = (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "");
    this.#port = socket.remotePort ?? 0;
    this.lastMessageAt = performance.now();
    this.#idle = setTimeout(() => this.#onIdle(), IDLE_TIMEOUT);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // Said as soon as the last chunk is handed out, also while no more is to be read.
    socket.on("end", () => {
      this.#ended = true;
      if (this.#unread === null) this.finish();
    });
    socket.on("drain", () => this.#pace());
    // EPIPE and ECONNRESET are how clients leave; "close" follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(this.#idle);
      owner.onGone(this);
    });
  }

  /** Whether nothing is on its way to or from the client. */
  get quiet(): boolean {
    return this.#waiting === 0 && this.#socket.writableLength === 0;
  }

  onFrame(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#finished) return false;
    if (end - start < HEADER_LENGTH) {
      // Too short to be answered, and a stream that is out of step stays so.
      this.destroy();
      return false;
    }
    // Only a whole message counts as life: a byte now and then must not hold a connection (RFC 7766 section 6.2.3).
    this.#idle.refresh();
    const query = this.#spare;
    const now = performance.now();
    this.lastMessageAt = now;
    query.begin(this.address, this.#port, now);
    // The chunk is the stream's: a query that waits for its answer needs bytes of its own. (A Buffer's own `slice` would not copy.)
    const message = Uint8Array.prototype.slice.call(bytes, start, end);
    this.#waiting++;
    this.#asked = true;
    const reading = query.read(message, message.length, true);
    if (this.#handler.handle(query, reading)) this.#spare = new ClientQuery(this, TCP);
    this.#pace();
    return !this.#paused;
  }

  get lastRoom(): Buffer {
    return this.#room;
  }

  room(length: number): Buffer {
    this.#room = Buffer.allocUnsafe(this.roomAt + length);
    return this.#room;
  }

  keep(): void {
    // Each message has been copied out of its stream.
  }

  send(_query: ClientQuery, length: number): void {
    this.#waiting--;
    if (this.#socket.destroyed) return;
    const frame = this.roomAt + length;
    const reply = frame === this.#room.length ? this.#room : this.#room.subarray(0, frame);
    writeU16(reply, 0, length);
    if (!this.#corked) {
      // All answers of one turn leave in one system call.
      this.#corked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#socket.uncork();
        this.#settle();
      });
    }
    this.#socket.write(reply);
    if (this.#socket.writableLength <= MAX_UNREAD) return;
    // Much in one turn: only what the kernel does not take now is left unread by the client.
    this.#socket.uncork();
    this.#socket.cork();
    if (this.#socket.writableLength > this.#owner.mostHeld) this.destroy();
  }

  drop(): void {
    this.#waiting--;
    this.#settle();
  }

  /** Takes no more questions, answers those it has, then closes. */
  finish(): void {
    this.#finished = true;
    this.#settle();
  }

  /**
   * The same, at the first moment in which nothing waits for an answer: until then it may ask. Who has come and asked nothing
   * yet may do so first.
   */
  leave(): void {
    this.#leaving = true;
    this.#settle();
  }

  /** Whether it may ask. */
  get mayAsk(): boolean {
    return !this.#finished;
  }

  destroy(): void {
    this.#finished = true;
    this.#socket.destroy();
  }

  #settle(): void {
    this.#pace();
    if (this.#leaving && this.#asked && this.#waiting === 0) this.#finished = true;
    if (this.#finished && this.#waiting === 0 && !this.#corked) this.#socket.end();
  }

  /** Back-pressure: who asks much or reads nothing is not read until that has changed. */
  #pace(): void {
    const tooMuch = this.#waiting >= MAX_WAITING || this.#socket.writableLength > MAX_UNREAD;
    if (tooMuch === this.#paused) return;
    this.#paused = tooMuch;
    if (tooMuch) {
      this.#socket.pause();
      return;
    }
    const unread = this.#unread;
    this.#unread = null;
    if (unread !== null) this.#read(unread);
    // Unless that was too much again.
    if (!this.#paused) this.#socket.resume();
  }

  #read(chunk: Buffer): void {
    const all = this.#frames.push(chunk, chunk.length);
    if (!all && !this.#finished && this.#frames.taken < chunk.length)
      this.#unread = chunk.subarray(this.#frames.taken);
    else if (this.#ended) this.finish();
  }

  #onIdle(): void {
    // Its queries have a deadline of their own; after that it is idle, or does not read.
    if (this.#waiting > 0) this.#idle.refresh();
    else if (this.#socket.writableLength > 0) this.destroy();
    else {
      this.finish();
      // A client that never closes its side gets no second idle time.
      this.#idle = setTimeout(() => this.destroy(), 2000);
    }
  }
}
