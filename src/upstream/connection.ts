import type { Socket } from "node:net";
import { type FrameSink, FrameReader } from "../dns/frames.ts";
import { HEADER_LENGTH, MAX_MESSAGE, readU16, writeU16 } from "../dns/header.ts";
import { NumberTable } from "../number-table.ts";
import { answers } from "./answer-match.ts";
import type { DialListener, Dialed } from "./dial.ts";
import type { Exchange } from "./exchange.ts";
import { ExchangeQueue } from "./exchange-queue.ts";
import { CLOSED_BY_US, type Failure } from "./failure.ts";
import type { Link, LinkOwner, Opening } from "./link.ts";
import { randomId } from "./random-ids.ts";

/** Queries of one turn are gathered here; a few hundred fit. */
const SLAB = 65_536;

/** Ids in use at the most, resting ones included: with more a free one is not found at the first try (RFC 5452 9.2). */
const MAX_IDS = 20_000;

/** How long the id of an abandoned query rests, in ms: a late answer must not meet a new query (RFC 5452 section 9.2). */
const ID_REST = 30_000;

/** After so many messages that are of no use, the other side is broken or hostile. */
const MAX_MISMATCHES = 1000;

const MALFORMED: Failure = { kind: "malformed", text: "the server sent a malformed answer" };
const NO_MESSAGE: Failure = { kind: "closed", text: "the server sent what is no DNS message" };
const UNUSABLE: Failure = {
  kind: "closed",
  text: "the server sent too many messages that answer no question of ours",
};
const OVER: Failure = { kind: "closed", text: "the connection is over" };
const FULL: Failure = { kind: "closed", text: "too many queries on one connection" };

/**
 * One TLS connection with many queries in flight (RFC 7766 section 6.2.1.1, RFC 7858 section 3.3). Exchanges that come
 * before it is open wait; those in flight when it ends are handed back by `lost`, each exactly once.
 */
export class Connection implements Link, FrameSink, DialListener<Socket> {
  state: "connecting" | "open" | "over" = "connecting";
  opening: Opening | null = null;
  /** Answers delivered: a connection that ends with none was of no use. */
  answered = 0;
  mismatched = 0;
  quietSince = 0;

  #owner: LinkOwner;
  #form: number;
  #cancel: (politely: boolean) => void;
  #socket: Socket | null = null;
  #frames = new FrameReader(this);
  #waiting = new ExchangeQueue();
  #inFlight = new NumberTable<Exchange>();
  #oldest: Exchange | null = null;
  #newest: Exchange | null = null;
  #slab: Buffer = Buffer.alloc(0);
  /** The bytes #slab[#from..#to) are not yet written to the socket. */
  #from = 0;
  #to = 0;
  #flushing = false;
  /** A single query is on its way to the socket; the next one waits for it. */
  #writing = false;
  /** Batches that were written, which is about TLS records. */
  #records = 0;
  /** Whether the chunk that is being read held a whole message. */
  #heard = false;
  /** When the bytes that are being read came, monotonic ms. */
  #now = 0;
  /** Of #inFlight: abandoned, and only there so that their ids rest. */
  #resting = 0;

  /**
   * `open` starts to connect and gives the function that ends it: `dial` with a target, for TLS. `form` is the `Form` of
   * the queries on it: TLS or TCP.
   */
  constructor(
    owner: LinkOwner,
    form: number,
    open: (listener: DialListener<Socket>) => (politely: boolean) => void,
  ) {
    this.#owner = owner;
    this.#form = form;
    this.#cancel = open(this);
  }

  /** Exchanges that wait for this connection or for their answer on it. */
  get load(): number {
    return this.#waiting.load + this.#inFlight.size - this.#resting;
  }

  get full(): boolean {
    return this.#inFlight.size >= MAX_IDS;
  }

  held(): Exchange[] {
    const sent: Exchange[] = [];
    for (let one = this.#oldest; one !== null; one = one.newer) if (!one.abandoned) sent.push(one);
    return [...sent, ...this.#waiting.waiting()];
  }

  /** Takes an exchange; `now` is monotonic ms. One that it cannot take is lost at once. */
  ask(exchange: Exchange, now: number): void {
    if (this.state === "connecting") this.#waiting.push(exchange);
    else if (this.state === "open") this.#send(exchange, now);
    else exchange.lost(OVER, this.answered > 0);
  }

  /** Nobody waits for this exchange any more. Its id rests. It says nothing against the connection, however late. */
  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
    if (this.state === "connecting") {
      this.#waiting.leave();
      return;
    }
    if (this.#inFlight.get(exchange.id) !== exchange) return;
    this.#resting++;
    if (this.#resting === this.#inFlight.size) this.quietSince = 0;
  }

  /** Ends the connection on our side. Exchanges on it are lost. */
  close(): void {
    this.#end(CLOSED_BY_US);
  }

  onOpen(dialed: Dialed<Socket>): void {
    const { socket } = dialed;
    this.state = "open";
    this.#socket = socket;
    // After the server's FIN nothing can come: Node would leave the socket writable and swallow what we write.
    socket.once("end", () => this.#end({ kind: "closed", text: "closed by the server" }));
    socket.once("close", () => this.#end({ kind: "closed", text: "closed by the server" }));
    this.#owner.onOpen(this, dialed);
    const waiting = this.#waiting.drain();
    const now = performance.now();
    for (const exchange of waiting) if (!exchange.abandoned) this.ask(exchange, now);
    this.#flush();
  }

  onFailure(failure: Failure): void {
    this.#end(failure);
  }

  onBytes(bytes: Buffer, length: number): void {
    // Read once for all that the chunk brings.
    this.#now = performance.now();
    this.#heard = false;
    this.#frames.push(bytes, length);
    // Bytes alone are no life: a length that lies makes the rest of the stream one message without end. Nor are messages
    // that nobody asked for.
    if (!this.#heard) return;
    // What is still in flight begins to wait anew.
    this.quietSince = this.#inFlight.size > this.#resting ? this.#now : 0;
  }

  /**
   * Whether the one that waits longest was not the first of its TLS record, and all before it there were answered: so it
   * looks when a server reads one query of a record and then waits for the network (NSD 4.6 does).
   */
  get lagging(): boolean {
    let oldest = this.#oldest;
    while (oldest !== null && oldest.abandoned) oldest = oldest.newer;
    return oldest !== null && oldest.behind && oldest.older?.record !== oldest.record;
  }

  onFrame(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < HEADER_LENGTH) {
      this.#end(NO_MESSAGE);
      return false;
    }
    const exchange = this.#inFlight.get(readU16(bytes, start));
    if (exchange === null) return this.#mismatch();
    if (exchange.abandoned) {
      // The late answer that its id was kept for.
      this.#heard = true;
      this.#remove(exchange);
      return true;
    }
    if (!answers(bytes, start, end, exchange)) return this.#mismatch();
    this.#heard = true;
    // First of all, so that it is settled once, whatever happens while the answer is passed on.
    this.#remove(exchange);
    exchange.answeredAt = this.#now;
    if (!exchange.answered(bytes, start, end)) {
      // The stream is in step: the other questions on it have nothing to do with this answer.
      exchange.lost(MALFORMED, false);
      return this.#mismatch();
    }
    this.answered++;
    // Answered without another byte from us: this server reads all that a record holds.
    if (exchange.behind && exchange.record === this.#records - 1) this.#owner.onDrained();
    this.#owner.onAnswer(this, exchange);
    return this.state === "open";
  }

  /** Counts a message that is of no use. False when there were too many. */
  #mismatch(): boolean {
    this.mismatched++;
    this.#owner.onMismatch(this);
    if (this.mismatched > MAX_MISMATCHES) this.#end(UNUSABLE);
    return this.state === "open";
  }

  #send(exchange: Exchange, now: number): void {
    this.#dropRested(now);
    if (this.full) {
      exchange.lost(FULL, this.answered > 0);
      return;
    }
    let id = randomId();
    while (this.#inFlight.get(id) !== null) id = randomId();
    exchange.id = id;
    exchange.sentAt = now;
    if (this.quietSince === 0) this.quietSince = now;
    this.#inFlight.set(id, exchange);
    exchange.older = this.#newest;
    exchange.newer = null;
    if (this.#newest === null) this.#oldest = exchange;
    else this.#newest.newer = exchange;
    this.#newest = exchange;
    this.#append(exchange, id);
  }

  /** One write for all queries of an event-loop turn: one TLS record, one system call (RFC 7858 section 3.3). */
  #append(exchange: Exchange, id: number): void {
    const length = exchange.length(this.#form);
    if (this.#to + 2 + length > this.#slab.length) this.#renewSlab(2 + length);
    const at = this.#to;
    exchange.behind = at > this.#from;
    exchange.record = this.#records;
    writeU16(this.#slab, at, length);
    exchange.write(this.#slab, at + 2, this.#form);
    writeU16(this.#slab, at + 2, id);
    this.#to = at + 2 + length;
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** A new slab, not the old one again: Node may still hold what was written from it. */
  #renewSlab(room: number): void {
    this.#flush();
    const left = this.#slab.subarray(this.#from, this.#to);
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB, left.length + room, MAX_MESSAGE + 2));
    left.copy(this.#slab);
    this.#from = 0;
    this.#to = left.length;
  }

  #flush(): void {
    if (this.#socket === null || this.#to === this.#from || this.#writing) return;
    let end = this.#to;
    if (this.#owner.singly) {
      // Node joins what is written while a write is under way, so the next one waits for this one.
      end = this.#from + 2 + readU16(this.#slab, this.#from);
      this.#writing = true;
      this.#socket.write(this.#slab.subarray(this.#from, end), () => {
        this.#writing = false;
        this.#flush();
      });
    } else {
      this.#socket.write(this.#slab.subarray(this.#from, end));
    }
    this.#from = end;
    this.#records++;
  }

  #remove(exchange: Exchange): void {
    this.#inFlight.delete(exchange.id);
    if (exchange.abandoned) this.#resting--;
    const { older, newer } = exchange;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    exchange.older = null;
    exchange.newer = null;
  }

  #dropRested(now: number): void {
    while (this.#oldest !== null && this.#oldest.abandoned && now - this.#oldest.sentAt > ID_REST) {
      this.#remove(this.#oldest);
    }
  }

  #end(failure: Failure): void {
    if (this.state === "over") return;
    const opened = this.state === "open";
    this.state = "over";
    this.#cancel(failure === CLOSED_BY_US);
    this.#socket = null;
    const lost = this.held();
    this.#inFlight.clear();
    this.#waiting.drain();
    this.#resting = 0;
    this.quietSince = 0;
    this.#oldest = null;
    this.#newest = null;
    this.#owner.onEnd(this, failure, opened, lost.length);
    // Garbage is no progress: a server that sends it each time is given up after some tries.
    const progress = this.answered > 0 && failure !== NO_MESSAGE && failure !== UNUSABLE;
    for (const exchange of lost) {
      // Given up while those before it were lost.
      if (exchange.abandoned) continue;
      exchange.older = null;
      exchange.newer = null;
      exchange.lost(failure, progress);
    }
  }
}
