import { Iovec, Mmsghdr } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { BATCH, type Slab } from "./slab.ts";

/** Bytes of a message at the most: what an IPv4 packet has room for, its headers aside. */
const MOST = 65_000;

/** Places of the table in which the last message to each destination is found; a power of two. */
const PLACES = 128;

const HEADER_WORDS = Mmsghdr.SIZE / 4;
const VECTOR_WORDS = Iovec.SIZE / 4;

/**
 * Which datagrams leave in which message. Datagrams of one length to one client go in one, which the kernel carries as one and
 * parts at the end of the way, in the network card or in the client's socket (UDP_SEGMENT, Linux 4.18): sending is most of the
 * cost of an answer, and a client that asks a hundred questions at a time pays a part of it. Their order among themselves
 * stays.
 */
export class SendPlan {
  /** Messages of the last plan. */
  count = 0;
  /** Where their headers are, for the kernel. */
  readonly address: number;

  #slab: Slab;
  #words: Uint32Array;
  /** The first slot of each message; by first slot, how many there are and which is the last; by slot, the next one. */
  #heads = new Uint8Array(BATCH);
  #members = new Uint8Array(BATCH);
  #last = new Uint8Array(BATCH);
  #next = new Uint8Array(BATCH);
  /** 1 more than the first slot of the last message to a destination that falls on this place. */
  #table = new Uint8Array(PLACES);
  /** Two words for each vector: where it is, for the kernel. */
  #pointers: Uint32Array;

  constructor(libc: Libc, slab: Slab) {
    this.#slab = slab;
    const vectorsAt = BATCH * Mmsghdr.SIZE;
    // It never moves, and lives as long as this object (see `Slab`).
    const memory = new ArrayBuffer(vectorsAt + BATCH * Iovec.SIZE);
    this.#words = new Uint32Array(memory);
    this.address = libc.address(memory);
    const pointers = BigUint64Array.from({ length: BATCH }, (_, vector) =>
      BigInt(this.address + vectorsAt + vector * Iovec.SIZE),
    );
    this.#pointers = new Uint32Array(pointers.buffer);
  }

  /** Lays out the slots from `from` to `to`. What was planned before is over. */
  make(from: number, to: number): void {
    const slab = this.#slab;
    this.#table.fill(0);
    this.count = 0;
    for (let slot = from; slot < to; slot++) {
      const length = slab.length(slot);
      const place = this.#place(slot, length);
      const head = this.#table[place]! - 1;
      if (head >= 0 && this.#joins(head, slot, length)) {
        this.#next[this.#last[head]!] = slot;
        this.#last[head] = slot;
        this.#members[head]!++;
      } else {
        this.#table[place] = slot + 1;
        this.#members[slot] = 1;
        this.#last[slot] = slot;
        this.#heads[this.count++] = slot;
      }
    }
    let vector = 0;
    for (let message = 0; message < this.count; message++) vector = this.#write(message, vector);
  }

  /** How many datagrams a message has. */
  members(message: number): number {
    return this.#members[this.#heads[message]!]!;
  }

  /** The first slot of a message, and the one that follows a slot in its message. */
  first(message: number): number {
    return this.#heads[message]!;
  }

  after(slot: number): number {
    return this.#next[slot]!;
  }

  #place(slot: number, length: number): number {
    const { words, routeLength } = this.#slab;
    const at = this.#slab.routeAt(slot) / 4;
    let hash = length;
    for (let i = 0; i < routeLength / 4; i++) hash = Math.imul(hash, 31) + words[at + i]!;
    return (Math.imul(hash, 0x9e3779b1) >>> 16) & (PLACES - 1);
  }

  /** Whether a datagram may go in the message that begins with slot `head`. */
  #joins(head: number, slot: number, length: number): boolean {
    const slab = this.#slab;
    if (slab.length(head) !== length || (this.#members[head]! + 1) * length > MOST) return false;
    const { words, routeLength } = slab;
    const [a, b] = [slab.routeAt(head) / 4, slab.routeAt(slot) / 4];
    for (let i = 0; i < routeLength / 4; i++) if (words[a + i] !== words[b + i]) return false;
    return true;
  }

  /** Writes the header of a message, and its vectors from `vector` on; gives the vector behind them. */
  #write(message: number, vector: number): number {
    const slab = this.#slab;
    const words = this.#words;
    const head = this.#heads[message]!;
    const header = message * HEADER_WORDS;
    const from = slab.headerWord(head);
    for (let i = 0; i < Mmsghdr.FLAGS / 4; i++) words[header + i] = slab.words[from + i]!;
    const members = this.#members[head]!;
    if (members === 1) return vector;
    words[header + Mmsghdr.VECTORS / 4] = this.#pointers[vector * 2]!;
    words[header + Mmsghdr.VECTORS / 4 + 1] = this.#pointers[vector * 2 + 1]!;
    words[header + Mmsghdr.VECTOR_COUNT / 4] = members;
    words[header + Mmsghdr.CONTROL_LENGTH / 4] = slab.setSegment(head, slab.length(head));
    let slot = head;
    for (let i = 0; i < members; i++, slot = this.#next[slot]!) {
      const to = BATCH * HEADER_WORDS + (vector + i) * VECTOR_WORDS;
      const own = slab.vectorWord(slot);
      for (let word = 0; word < VECTOR_WORDS; word++) words[to + word] = slab.words[own + word]!;
    }
    return vector + members;
  }
}
