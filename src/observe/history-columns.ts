import { readU16 } from "../dns/header.ts";
import { formatName } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { className } from "../dns/rrclass.ts";
import { typeName } from "../dns/rrtype.ts";
import { answerSources, type HistoryEntry, type QueryTimes } from "./history-entry.ts";
import type { HistoryPrivacy } from "./history-privacy.ts";
import { type HistoryWords, OwnWords, SharedWords } from "./history-words.ts";
import { isoTime } from "./iso-time.ts";
import type { Outcome } from "./outcome.ts";
import { Source, Transport } from "./outcome.ts";
import { flagNames } from "./reply-flags.ts";

/** A name in wire form has 255 bytes at the most (RFC 1035 section 2.3.4); 256 makes the slot a shift. */
export const NAME_SLOT = 256;

/** Transport, source, DO and whether there was EDNS share a byte. */
const SOURCE_SHIFT = 4;
const SOURCE_MASK = 3;
const TRANSPORT_MASK = 15;
const EDNS_BIT = 64;
const DO_BIT = 128;

/** Times of a row: wait, connect, TLS, send, answer. */
export const TIMES = 5;

/** The first byte of the question section, where the name of an outcome starts. */
const NAME_AT = 12;

/** Bytes of a row beside its words: time, duration, stamp, the five times, nine of two bytes, two of one, and the name. */
const ROW: number = 8 + 4 + 4 + TIMES * 4 + 9 * 2 + 2 + NAME_SLOT;

/** Room for the position of the next row, in front of the columns. */
const HEAD = 8;

/** The memory of a ring that several threads write, and which of them this one is. */
export interface SharedRing {
  readonly memory: SharedArrayBuffer;
  readonly writers: number;
  /** From 0 on; a thread that only reads may give any. */
  readonly writer: number;
}

/** The rows of the history as columns of typed arrays: what is kept of each query. Which row is whose, the ring knows. */
export class HistoryColumns {
  /** The position of the next row. */
  readonly head: Int32Array;
  /** For each row 1 more than the position that it was written for, 0 while it is being written; with threads only. */
  readonly stamps: Int32Array;
  /** Milliseconds since the Unix epoch. */
  readonly time: Float64Array;
  /** In milliseconds. */
  readonly duration: Float32Array;
  /** Five for each row, in microseconds; of meaning only where an upstream answered. */
  readonly times: Int32Array;
  readonly type: Uint16Array;
  readonly class: Uint16Array;
  readonly rcode: Int16Array;
  readonly replySize: Uint16Array;
  readonly querySize: Uint16Array;
  readonly id: Uint16Array;
  readonly flags: Uint16Array;
  readonly udpSize: Uint16Array;
  readonly port: Uint16Array;
  /** Whether ports are kept at all. */
  readonly hasPorts: boolean;
  readonly nameLength: Uint8Array;
  /** Wire form, each in a slot of `NAME_SLOT` bytes. */
  readonly names: Uint8Array;
  readonly words: HistoryWords;
  /** The transport, with the source and two bits above it. */
  readonly #way: Uint8Array;
  readonly #privacy: HistoryPrivacy;

  constructor(size: number, shared: SharedRing | null, privacy: HistoryPrivacy) {
    this.#privacy = privacy;
    this.hasPorts = privacy.keepsPorts;
    const memory = shared?.memory ?? new ArrayBuffer(HEAD + size * ROW);
    this.head = new Int32Array(memory, 0, 1);
    // The widest first, so that each begins at a multiple of its width.
    let at = HEAD;
    const next = (bytes: number): number => {
      at += bytes * size;
      return at - bytes * size;
    };
    this.time = new Float64Array(memory, next(8), size);
    this.duration = new Float32Array(memory, next(4), size);
    this.stamps = new Int32Array(memory, next(4), size);
    this.times = new Int32Array(memory, next(4 * TIMES), size * TIMES);
    const wordsAt = at;
    if (shared !== null) at += roundedUp(SharedWords.bytes(size, shared.writers));
    this.type = new Uint16Array(memory, next(2), size);
    this.class = new Uint16Array(memory, next(2), size);
    this.rcode = new Int16Array(memory, next(2), size);
    this.replySize = new Uint16Array(memory, next(2), size);
    this.querySize = new Uint16Array(memory, next(2), size);
    this.id = new Uint16Array(memory, next(2), size);
    this.flags = new Uint16Array(memory, next(2), size);
    this.udpSize = new Uint16Array(memory, next(2), size);
    this.port = new Uint16Array(memory, next(2), size);
    this.#way = new Uint8Array(memory, next(1), size);
    this.nameLength = new Uint8Array(memory, next(1), size);
    this.names = new Uint8Array(memory, next(NAME_SLOT), size * NAME_SLOT);
    this.words =
      shared === null
        ? new OwnWords(size)
        : new SharedWords(size, shared.writers, shared.writer, memory, wordsAt);
  }

  /** The size of the memory for `size` rows that so many threads write, in bytes. */
  static bytes(size: number, writers: number): number {
    return HEAD + size * ROW + roundedUp(SharedWords.bytes(size, writers));
  }

  /** Keeps a query, received at `time`, in a row. Runs on the packet path: copies bytes and numbers, makes no object. */
  set(row: number, time: number, outcome: Outcome): void {
    const { bytes, nameLength } = outcome;
    this.time[row] = time;
    this.duration[row] = outcome.duration;
    this.type[row] = outcome.type;
    this.class[row] = outcome.class;
    this.rcode[row] = outcome.rcode;
    this.replySize[row] = outcome.replySize;
    this.querySize[row] = outcome.querySize;
    this.port[row] = this.hasPorts ? outcome.clientPort : 0;
    this.id[row] = bytes.length < 2 ? 0 : readU16(bytes, 0);
    this.flags[row] = outcome.replyFlags;
    this.udpSize[row] = outcome.udpSize;
    this.#way[row] =
      outcome.transport |
      (outcome.source << SOURCE_SHIFT) |
      (outcome.hasEdns ? EDNS_BIT : 0) |
      (outcome.dnssecOk ? DO_BIT : 0);
    this.words.set(row, this.#privacy.client(outcome.clientAddress), outcome);
    if (outcome.source === Source.UPSTREAM) this.#setTimes(row * TIMES, outcome);

    this.nameLength[row] = nameLength;
    const names = this.names;
    const nameSlot = row * NAME_SLOT;
    for (let i = 0; i < nameLength; i++) names[nameSlot + i] = bytes[NAME_AT + i]!;
  }

  /** Leaves nothing of the query in a row. */
  wipe(row: number): void {
    this.time[row] = 0;
    this.duration[row] = 0;
    this.times.fill(0, row * TIMES, (row + 1) * TIMES);
    for (const column of [this.type, this.class, this.rcode, this.replySize, this.querySize]) column[row] = 0;
    for (const column of [this.port, this.id, this.flags, this.udpSize]) column[row] = 0;
    this.#way[row] = 0;
    this.nameLength[row] = 0;
    this.names.fill(0, row * NAME_SLOT, (row + 1) * NAME_SLOT);
    this.words.clear(row);
  }

  isTcp(row: number): boolean {
    return (this.#way[row]! & TRANSPORT_MASK) === Transport.TCP;
  }

  /** One of `Source`; of no meaning when no answer was sent. */
  source(row: number): number {
    return (this.#way[row]! >>> SOURCE_SHIFT) & SOURCE_MASK;
  }

  hasEdns(row: number): boolean {
    return (this.#way[row]! & EDNS_BIT) !== 0;
  }

  dnssecOk(row: number): boolean {
    return (this.#way[row]! & DO_BIT) !== 0;
  }

  /** A row as people and programs read it. */
  entry(row: number): HistoryEntry {
    const named = this.nameLength[row]! > 0;
    const rcode = this.rcode[row]!;
    const source = rcode < 0 ? null : (answerSources[this.source(row)] ?? null);
    const client = this.words.client(row);
    return {
      v: 1,
      time: isoTime(this.time[row]!),
      client: client === "" ? null : client,
      port: this.hasPorts ? this.port[row]! : null,
      transport: this.isTcp(row) ? "tcp" : "udp",
      name: named ? formatName(this.names, row * NAME_SLOT) : null,
      type: named ? typeName(this.type[row]!) : null,
      class: named ? className(this.class[row]!) : null,
      rcode: rcode < 0 ? null : rcodeName(rcode),
      ms: Math.round(this.duration[row]! * 1000) / 1000,
      source,
      server: this.words.server(row),
      bytes: this.replySize[row]!,
      querySize: this.querySize[row]!,
      error: this.words.error(row),
      id: this.id[row]!,
      flags: rcode < 0 ? null : flagNames(this.flags[row]!),
      dnssec: this.dnssecOk(row),
      udpSize: this.hasEdns(row) ? this.udpSize[row]! : null,
      times: source === "upstream" ? this.#readTimes(row) : null,
    };
  }

  #setTimes(at: number, outcome: Outcome): void {
    const times = this.times;
    times[at] = outcome.waitUs;
    times[at + 1] = outcome.connectUs;
    times[at + 2] = outcome.tlsUs;
    times[at + 3] = outcome.sendUs;
    times[at + 4] = outcome.answerUs;
  }

  #readTimes(row: number): QueryTimes {
    const ms = (part: number): number => this.times[row * TIMES + part]! / 1000;
    return { wait: ms(0), connect: ms(1), tls: ms(2), send: ms(3), answer: ms(4) };
  }
}

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
