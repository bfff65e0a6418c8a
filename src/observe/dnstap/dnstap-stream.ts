import { connect, type NetConnectOpts, type Socket } from "node:net";
import { createOncePer, type Log } from "../log.ts";
import { Backlog, type Piece } from "./backlog.ts";
import { DnstapCount } from "./counts.ts";
import { Control, ControlReader, controlFrame } from "./frame-stream.ts";
import type { MessageWriter, TapMessage } from "./message.ts";

/** Where frames go: a Unix socket, or an address and a port. */
export type DnstapTarget = { readonly path: string } | { readonly address: string; readonly port: number };

/** Messages wait for so long at the most before they are written, in ms; sooner when a piece is full. */
const GATHER = 200;

/** How long a reader may take to connect, and to say that it takes dnstap, in ms. */
const PATIENCE = 5000;

/** How long a reader may take, when dotls stops, to take what waits and to say that it has it, in ms. */
const FAREWELL = 1000;

/** The first pause after a failure, in ms; each further one is twice as long, up to the longest. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

const HOUR = 3_600_000;

export interface DnstapStreamOptions {
  readonly target: DnstapTarget;
  /** In words, for the log. */
  readonly label: string;
  readonly writer: MessageWriter;
  /** Bytes that may wait for the reader. */
  readonly buffer: number;
  /** By the constants of `DnstapCount`. */
  readonly counts: Float64Array;
  readonly log: Log;
}

/**
 * One stream of frames to a reader, by the handshake of Frame Streams for both directions: we say READY, the reader ACCEPT, we
 * START; at the end STOP and FINISH. A reader that is away is tried again and again; what does not fit into the buffer
 * meanwhile is dropped and counted. Nothing here holds up a query.
 */
export class DnstapStream {
  readonly #options: DnstapStreamOptions;
  readonly #backlog: Backlog;
  readonly #oncePer = createOncePer();
  #socket: Socket | null = null;
  #reader = new ControlReader();
  /** `handshake`: connecting, or waiting for ACCEPT. */
  #state: "away" | "handshake" | "open" | "ending" | "over" = "away";
  /** Pieces that the socket has. */
  #writing = new Set<Piece>();
  #gathering: NodeJS.Timeout | null = null;
  #timer: NodeJS.Timeout | undefined;
  #pause = FIRST_PAUSE;
  #failure: string | null = null;
  #finished: () => void = () => {};

  constructor(options: DnstapStreamOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.buffer);
  }

  /** Begins to connect. */
  start(): void {
    // One whose place this thread takes may have had a reader.
    this.#options.counts[DnstapCount.CONNECTED] = 0;
    this.#connect();
  }

  /** Takes a message; drops it when there is no room. */
  push(message: TapMessage): void {
    const { writer, counts } = this.#options;
    const piece = this.#state === "over" ? null : this.#backlog.room(writer.room(message));
    if (piece === null) {
      this.#drop(1);
      return;
    }
    piece.length = writer.write(piece.bytes, piece.length, message);
    piece.frames++;
    if (counts[DnstapCount.CONNECTED] === 0) return;
    this.#hurry();
  }

  /** Gives the reader what waits, if it is there, and ends. Takes a second at the most. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#state === "open") {
      this.#flush();
      this.#state = "ending";
      await new Promise<void>((resolve) => {
        this.#finished = resolve;
        this.#timer = setTimeout(resolve, FAREWELL);
        this.#endWhenWritten();
      });
    }
    this.#leave("over");
    this.#drop(this.#backlog.clear());
  }

  #connect(): void {
    const { target, label } = this.#options;
    const where: NetConnectOpts =
      "path" in target ? { path: target.path } : { host: target.address, port: target.port };
    this.#state = "handshake";
    this.#reader = new ControlReader();
    const socket = connect(where);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#failed(`no answer within ${PATIENCE / 1000} s`), PATIENCE).unref();
    socket.once("connect", () => socket.write(controlFrame(Control.READY)));
    socket.on("data", (bytes) => this.#hear(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#failed(error.code ?? error.message));
    socket.on("close", () => this.#failed(`${label} ended the connection`));
    // A reader must not keep a process alive that has nothing else to do.
    socket.unref();
  }

  #hear(bytes: Buffer): void {
    const messages = this.#reader.push(bytes);
    if (messages === null) {
      this.#failed("what answers is no reader of frame streams");
      return;
    }
    for (const { type, takesDnstap } of messages) {
      if (type === Control.ACCEPT && this.#state === "handshake") {
        if (takesDnstap) this.#begin();
        else this.#failed("the reader takes something else than dnstap");
      } else if (type === Control.FINISH) {
        if (this.#state === "ending") this.#finished();
        else this.#failed("the reader has finished");
      } else this.#failed("the reader does not keep to the handshake");
      if (this.#socket === null) return;
    }
  }

  #begin(): void {
    const { counts, log, label } = this.#options;
    clearTimeout(this.#timer);
    this.#socket?.write(controlFrame(Control.START));
    this.#state = "open";
    this.#pause = FIRST_PAUSE;
    counts[DnstapCount.CONNECTED] = 1;
    if (this.#failure !== null) log.info(`dnstap goes to ${label} again`);
    this.#failure = null;
    this.#flush();
  }

  /** Something waits: a full piece is written at once, else more may come. */
  #hurry(): void {
    if (this.#backlog.hasFull) this.#flush();
    else this.#gathering ??= setTimeout(this.#flush, GATHER).unref();
  }

  /** Hands over what waits, as far as the socket takes it. */
  #flush = (): void => {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    while (this.#state === "open" && this.#socket?.writableNeedDrain === false) {
      const piece = this.#backlog.take();
      if (piece === undefined) return;
      this.#write(this.#socket, piece);
    }
  };

  #write(socket: Socket, piece: Piece): void {
    this.#writing.add(piece);
    socket.write(piece.bytes.subarray(0, piece.length), (error) => {
      if (error || !this.#writing.delete(piece)) return;
      this.#options.counts[DnstapCount.SENT]! += piece.frames;
      this.#backlog.release(piece);
      if (this.#state === "ending") this.#endWhenWritten();
      else if (!this.#backlog.empty) this.#hurry();
    });
  }

  #endWhenWritten(): void {
    if (this.#writing.size > 0 || this.#socket === null) return;
    const piece = this.#backlog.take();
    if (piece === undefined) this.#socket.write(controlFrame(Control.STOP));
    else this.#write(this.#socket, piece);
  }

  #failed(reason: string): void {
    if (this.#state === "over" || this.#socket === null) return;
    const { log, label } = this.#options;
    if (this.#state === "ending") {
      this.#leave("over");
      this.#finished();
      return;
    }
    this.#leave("away");
    if (this.#failure === null) {
      log.warn(`dnstap: ${label} cannot be reached; queries go on`, { error: reason });
    }
    this.#failure = reason;
    // Threads and hosts that lost the same reader do not come back as one.
    const pause = this.#pause * (0.75 + Math.random() / 2);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#timer = setTimeout(() => this.#connect(), pause).unref();
  }

  /** Ends the connection. What the socket had of it may have been read or not: it counts as dropped. */
  #leave(state: "away" | "over"): void {
    this.#state = state;
    clearTimeout(this.#timer);
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    this.#options.counts[DnstapCount.CONNECTED] = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    for (const piece of this.#writing) {
      this.#drop(piece.frames);
      this.#backlog.release(piece);
    }
    this.#writing.clear();
  }

  #drop(frames: number): void {
    if (frames === 0) return;
    const { counts, log, label } = this.#options;
    counts[DnstapCount.DROPPED]! += frames;
    if (this.#state === "open" && this.#oncePer("drop", HOUR)) {
      log.warn(`dnstap: messages come faster than ${label} reads them, and are dropped`);
    }
  }
}
