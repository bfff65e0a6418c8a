import { readU16 } from "../dns/header.ts";
import { formatName } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { className } from "../dns/rrclass.ts";
import { typeName } from "../dns/rrtype.ts";
import { answerSources, type HistoryEntry, type QueryTimes } from "./history-entry.ts";
import { HistoryPrivacy } from "./history-privacy.ts";
import { HistoryCursor } from "./history-cursor.ts";
import { type HistoryWords, OwnWords, SharedWords } from "./history-words.ts";
import { isoTime } from "./iso-time.ts";
import type { Observer, Outcome } from "./outcome.ts";
import { Source, Transport } from "./outcome.ts";
import { flagNames } from "./reply-flags.ts";

/** A name in wire form has 255 bytes at the most (RFC 1035 section 2.3.4); 256 makes the slot a shift. */
const NAME_SLOT = 256;

/** How long one reading of the wall clock serves; a clock that was set is seen after this many milliseconds. */
const CLOCK_TRUST = 1000;

/** Transport, source, DO and whether there was EDNS share a byte. */
const SOURCE_SHIFT = 4;
const SOURCE_MASK = 3;
const TRANSPORT_MASK = 15;
const EDNS_BIT = 64;
const DO_BIT = 128;

/** Times of a row: wait, connect, TLS, send, answer. */
const TIMES = 5;

/** The stamp of a row that is being wiped. */
const WIPING = -1;

/** The first byte of the question section, where the name of an outcome starts. */
const NAME_AT = 12;

/** Bytes of a row beside its words: time, duration, stamp, the five times, nine of two bytes, two of one, and the name. */
const ROW: number = 8 + 4 + 4 + TIMES * 4 + 9 * 2 + 2 + NAME_SLOT;

/** Where the ring reads time; both in milliseconds. */
export interface RingClocks {
  /** Since the Unix epoch. */
  readonly wall: () => number;
  /** The clock of `Outcome.receivedAt`. */
  readonly monotonic: () => number;
}

const systemClocks: RingClocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/** The memory of a ring that several threads write, and which of them this one is. */
export interface SharedRing {
  readonly memory: SharedArrayBuffer;
  readonly writers: number;
  /** From 0 on; a thread that only reads may give any. */
  readonly writer: number;
}

/**
 * The last queries, kept in columns of typed arrays. `ended` runs for every query on the packet path, so it copies
 * bytes and numbers, makes no object; rows become objects only when somebody reads them.
 *
 * Rows are named by their sequence number: the first query ever is 0, `recorded` is the number that the next one gets,
 * `oldest` the lowest that is still kept. A reader remembers where it was and learns from `oldest` what it has missed.
 *
 * Several threads may write one ring, each through an object of its own over the same memory: the position of the next
 * row is claimed by an atomic step, and the row's stamp says whether it is whole.
 */
export class HistoryRing implements Observer {
  readonly size: number;
  readonly #clocks: RingClocks;
  readonly #shared: boolean;
  /**
   * Positions are sequence numbers that begin again at 0 where 32 bits end, after a whole number of turns of the ring: at
   * 100,000 queries a second every six hours.
   */
  readonly #positions: number;
  /** The position of the next row. */
  readonly #head: Int32Array;
  /** For each row 1 more than the position that it was written for, 0 while it is being written; with threads only. */
  readonly #stamps: Int32Array;
  readonly #time: Float64Array;
  readonly #duration: Float32Array;
  /** Five for each row, in microseconds; of meaning only where an upstream answered. */
  readonly #times: Int32Array;
  readonly #type: Uint16Array;
  readonly #class: Uint16Array;
  readonly #rcode: Int16Array;
  readonly #replySize: Uint16Array;
  readonly #querySize: Uint16Array;
  readonly #id: Uint16Array;
  readonly #flags: Uint16Array;
  readonly #udpSize: Uint16Array;
  readonly #port: Uint16Array;
  /** With the source and two bits above it. */
  readonly #transport: Uint8Array;
  readonly #nameLength: Uint8Array;
  readonly #names: Uint8Array;
  readonly #words: HistoryWords;
  /** What `recorded` was when it was last looked at, from which the whole number is known. */
  #seen = 0;
  #wallOffset = 0;
  #wallReadAt = -Infinity;
  readonly #quarter: number;
  readonly #privacy: HistoryPrivacy;
  /** Below it all is forgotten; known to the thread that reads. */
  #floor = 0;
  #wake: (() => void) | null = null;

  /** A ring of `size` rows, 320 bytes each and the client's address; one of 0 rows records nothing. */
  constructor(
    size: number,
    clocks: RingClocks = systemClocks,
    shared: SharedRing | null = null,
    privacy: HistoryPrivacy = new HistoryPrivacy(),
  ) {
    this.size = size;
    this.#privacy = privacy;
    this.#clocks = clocks;
    this.#shared = shared !== null;
    this.#positions = size * Math.floor(0x7fff_ffff / Math.max(1, size));
    this.#quarter = Math.max(1, size >>> 2);
    const memory = shared?.memory ?? new ArrayBuffer(8 + size * ROW);
    this.#head = new Int32Array(memory, 0, 1);
    // The widest first, so that each begins at a multiple of its width.
    let at = 8;
    const next = (bytes: number): number => {
      at += bytes * size;
      return at - bytes * size;
    };
    this.#time = new Float64Array(memory, next(8), size);
    this.#duration = new Float32Array(memory, next(4), size);
    this.#stamps = new Int32Array(memory, next(4), size);
    this.#times = new Int32Array(memory, next(4 * TIMES), size * TIMES);
    const wordsAt = at;
    if (shared !== null) at += roundedUp(SharedWords.bytes(size, shared.writers));
    this.#type = new Uint16Array(memory, next(2), size);
    this.#class = new Uint16Array(memory, next(2), size);
    this.#rcode = new Int16Array(memory, next(2), size);
    this.#replySize = new Uint16Array(memory, next(2), size);
    this.#querySize = new Uint16Array(memory, next(2), size);
    this.#id = new Uint16Array(memory, next(2), size);
    this.#flags = new Uint16Array(memory, next(2), size);
    this.#udpSize = new Uint16Array(memory, next(2), size);
    this.#port = new Uint16Array(memory, next(2), size);
    this.#transport = new Uint8Array(memory, next(1), size);
    this.#nameLength = new Uint8Array(memory, next(1), size);
    this.#names = new Uint8Array(memory, next(NAME_SLOT), size * NAME_SLOT);
    this.#words =
      shared === null
        ? new OwnWords(size)
        : new SharedWords(size, shared.writers, shared.writer, memory, wordsAt);
  }

  /** Memory for a ring of `size` rows that so many threads write, for `SharedRing`. */
  static memory(size: number, writers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(8 + size * ROW + roundedUp(SharedWords.bytes(size, writers)));
  }

  /** How many queries were ever recorded: the sequence number of the next one. */
  get recorded(): number {
    if (this.size === 0) return 0;
    const passed = Atomics.load(this.#head, 0) - (this.#seen % this.#positions);
    this.#seen += passed < 0 ? passed + this.#positions : passed;
    return this.#seen;
  }

  /** The sequence number of the oldest query that is still kept; equal to `recorded` when there is none. */
  get oldest(): number {
    return Math.max(this.#floor, this.recorded - this.size);
  }

  /** How many queries from `sequence` on were overwritten; what was forgotten on purpose is not among them. */
  overwrittenSince(sequence: number): number {
    return Math.max(0, this.recorded - this.size - Math.max(sequence, this.#floor));
  }

  /**
   * Calls `wake` each time a quarter of the ring is new, so that a reader who looks at it now and then is not overrun
   * by a burst. One reader only (the history file); null ends it. `wake` runs on the packet path: it may only set a flag
   * or schedule work. It is called in the thread that writes, which calls `wake` of the reader's ring.
   */
  wakeEachQuarter(wake: (() => void) | null): void {
    this.#wake = wake;
  }

  /** A quarter of the ring is new: for the thread of the reader. */
  wake(): void {
    this.#wake?.();
  }

  /** Records how a query ended. */
  ended(outcome: Outcome): void {
    if (this.size === 0 || !this.#privacy.keeps(outcome)) return;
    const position = this.#claim();
    const row = position % this.size;
    // Whoever wipes the row just now would wipe this query with it; it is lost, as the next one will not be.
    if (this.#shared && Atomics.exchange(this.#stamps, row, 0) === WIPING) return;
    const { receivedAt, bytes, nameLength } = outcome;
    // The wall clock is read once a second, not for each query: the two clocks keep the same pace between.
    if (receivedAt - this.#wallReadAt >= CLOCK_TRUST) this.#readWallClock(receivedAt);
    this.#time[row] = receivedAt + this.#wallOffset;
    this.#duration[row] = outcome.duration;
    this.#type[row] = outcome.type;
    this.#class[row] = outcome.class;
    this.#rcode[row] = outcome.rcode;
    this.#replySize[row] = outcome.replySize;
    this.#querySize[row] = outcome.querySize;
    this.#port[row] = this.#privacy.keepsPorts ? outcome.clientPort : 0;
    this.#id[row] = bytes.length < 2 ? 0 : readU16(bytes, 0);
    this.#flags[row] = outcome.replyFlags;
    this.#udpSize[row] = outcome.udpSize;
    this.#transport[row] =
      outcome.transport |
      (outcome.source << SOURCE_SHIFT) |
      (outcome.hasEdns ? EDNS_BIT : 0) |
      (outcome.dnssecOk ? DO_BIT : 0);
    this.#words.set(row, this.#privacy.client(outcome.clientAddress), outcome);
    if (outcome.source === Source.UPSTREAM) this.#setTimes(row * TIMES, outcome);

    this.#nameLength[row] = nameLength;
    const names = this.#names;
    const nameSlot = row * NAME_SLOT;
    for (let i = 0; i < nameLength; i++) names[nameSlot + i] = bytes[NAME_AT + i]!;

    if (this.#shared) Atomics.store(this.#stamps, row, position + 1);
    if (this.#wake !== null && (row + 1) % this.#quarter === 0) this.#wake();
  }

  /**
   * The query with this sequence number, decoded; undefined when it is not kept any more, or not yet there, or another
   * thread is writing it.
   */
  entry(sequence: number): HistoryEntry | undefined {
    if (sequence < this.oldest || sequence >= this.recorded) return undefined;
    const row = sequence % this.size;
    const stamp = this.#stampOf(sequence);
    if (this.#shared && Atomics.load(this.#stamps, row) !== stamp) return undefined;
    const entry = this.#read(row);
    // Else it was overwritten while it was read.
    return this.#shared && Atomics.load(this.#stamps, row) !== stamp ? undefined : entry;
  }

  /**
   * Forgets all queries with lower numbers: they are wiped from memory. For the thread that reads. Gives how many those were
   * that were still kept.
   */
  forget(below: number = this.recorded): number {
    const from = this.oldest;
    if (below <= from) return 0;
    this.#floor = below;
    for (let sequence = from; sequence < below; sequence++) this.#wipe(sequence);
    return below - from;
  }

  /** Forgets queries that were received before this time, milliseconds since the Unix epoch. Gives how many. */
  forgetBefore(time: number): number {
    let sequence = this.oldest;
    for (const end = this.recorded; sequence < end; sequence++) {
      const row = sequence % this.size;
      const isWhole = !this.#shared || Atomics.load(this.#stamps, row) === this.#stampOf(sequence);
      if (isWhole && this.#time[row]! >= time) break;
    }
    return this.forget(sequence);
  }

  /** A reader that starts at `sequence`; without it, at what comes next. */
  cursor(sequence: number = this.recorded): HistoryCursor {
    return new HistoryCursor(this, sequence, this.#clocks.monotonic);
  }

  #stampOf(sequence: number): number {
    return (sequence % this.#positions) + 1;
  }

  #wipe(sequence: number): void {
    const row = sequence % this.size;
    const stamps = this.#stamps;
    const stamp = this.#stampOf(sequence);
    // Else another thread is overwriting it.
    if (this.#shared && Atomics.compareExchange(stamps, row, stamp, WIPING) !== stamp) return;
    this.#time[row] = 0;
    this.#duration[row] = 0;
    this.#times.fill(0, row * TIMES, (row + 1) * TIMES);
    for (const column of [this.#type, this.#class, this.#rcode, this.#replySize, this.#querySize])
      column[row] = 0;
    for (const column of [this.#port, this.#id, this.#flags, this.#udpSize]) column[row] = 0;
    this.#transport[row] = 0;
    this.#nameLength[row] = 0;
    this.#names.fill(0, row * NAME_SLOT, (row + 1) * NAME_SLOT);
    this.#words.clear(row);
    if (this.#shared) Atomics.compareExchange(stamps, row, WIPING, 0);
  }

  #setTimes(at: number, outcome: Outcome): void {
    const times = this.#times;
    times[at] = outcome.waitUs;
    times[at + 1] = outcome.connectUs;
    times[at + 2] = outcome.tlsUs;
    times[at + 3] = outcome.sendUs;
    times[at + 4] = outcome.answerUs;
  }

  #readTimes(row: number): QueryTimes {
    const ms = (part: number): number => this.#times[row * TIMES + part]! / 1000;
    return { wait: ms(0), connect: ms(1), tls: ms(2), send: ms(3), answer: ms(4) };
  }

  #claim(): number {
    const head = this.#head;
    if (!this.#shared) {
      const position = head[0]!;
      head[0] = this.#after(position);
      return position;
    }
    for (;;) {
      const position = Atomics.load(head, 0);
      if (Atomics.compareExchange(head, 0, position, this.#after(position)) === position) return position;
    }
  }

  #after(position: number): number {
    return position + 1 === this.#positions ? 0 : position + 1;
  }

  #read(row: number): HistoryEntry {
    const named = this.#nameLength[row]! > 0;
    const rcode = this.#rcode[row]!;
    const way = this.#transport[row]!;
    const source = rcode < 0 ? null : (answerSources[(way >>> SOURCE_SHIFT) & SOURCE_MASK] ?? null);
    const client = this.#words.client(row);
    return {
      v: 1,
      time: isoTime(this.#time[row]!),
      client: client === "" ? null : client,
      port: this.#privacy.keepsPorts ? this.#port[row]! : null,
      transport: (way & TRANSPORT_MASK) === Transport.TCP ? "tcp" : "udp",
      name: named ? formatName(this.#names, row * NAME_SLOT) : null,
      type: named ? typeName(this.#type[row]!) : null,
      class: named ? className(this.#class[row]!) : null,
      rcode: rcode < 0 ? null : rcodeName(rcode),
      ms: Math.round(this.#duration[row]! * 1000) / 1000,
      source,
      server: this.#words.server(row),
      bytes: this.#replySize[row]!,
      querySize: this.#querySize[row]!,
      error: this.#words.error(row),
      id: this.#id[row]!,
      flags: rcode < 0 ? null : flagNames(this.#flags[row]!),
      dnssec: (way & DO_BIT) !== 0,
      udpSize: (way & EDNS_BIT) === 0 ? null : this.#udpSize[row]!,
      times: source === "upstream" ? this.#readTimes(row) : null,
    };
  }

  #readWallClock(receivedAt: number): void {
    this.#wallOffset = this.#clocks.wall() - this.#clocks.monotonic();
    this.#wallReadAt = receivedAt;
  }
}

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
