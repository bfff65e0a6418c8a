import type { Libc } from "./libc.ts";
import {
  AF_INET,
  Cmsghdr,
  controlSpace,
  In6Pktinfo,
  InPktinfo,
  Iovec,
  Mmsghdr,
  SockaddrIn,
  SockaddrIn6,
  SOL_UDP,
  UDP_SEGMENT,
} from "./layout.ts";

/** Datagrams in one call, at the most. */
export const BATCH = 64;

/** Where the control messages begin in a route. */
const CONTROL = 32;

/** A control message of the kind UDP_SEGMENT: the length of the datagrams in a message of several. */
const SEGMENT = controlSpace(2);

/**
 * Bytes of a route: where a datagram came from or goes to (a `sockaddr` in the first 32 bytes), which of our addresses it was
 * sent to or is sent from (a control message behind that; wildcards only), and UDP_SEGMENT behind what is in use.
 */
const ROUTE = CONTROL + controlSpace(In6Pktinfo.SIZE) + SEGMENT;

const HEADER_WORDS = Mmsghdr.SIZE / 4;
const VECTOR_WORDS = Iovec.SIZE / 4;

/**
 * Memory for a batch of datagrams, and for what the kernel is told of them, all in one ArrayBuffer: an `mmsghdr`, an
 * `iovec`, a route and `stride` bytes of payload for each slot. What points from one part to another is an address, written
 * once: the buffer never moves (see `Libc.address`), and lives as long as this object, which its socket holds.
 */
export class Slab {
  /** The whole memory, as bytes and as words. */
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly stride: number;
  /** Bytes of a `sockaddr` of this family. */
  readonly nameLength: number;
  /** Bytes of the control message, 0 when there is none. */
  readonly controlLength: number;
  /** The bytes of a route that are in use: a multiple of four. */
  readonly routeLength: number;
  /** Where the headers are, for the kernel. */
  readonly address: number;

  #vectorsAt: number;
  #routesAt: number;
  #payloadAt: number;

  constructor(libc: Libc, family: number, wildcard: boolean, slots: number, stride: number) {
    const four = family === AF_INET;
    this.stride = stride;
    this.nameLength = four ? SockaddrIn.SIZE : SockaddrIn6.SIZE;
    this.controlLength = wildcard ? controlSpace(four ? InPktinfo.SIZE : In6Pktinfo.SIZE) : 0;
    this.routeLength = wildcard ? CONTROL + this.controlLength : this.nameLength;
    this.#vectorsAt = slots * Mmsghdr.SIZE;
    this.#routesAt = this.#vectorsAt + slots * Iovec.SIZE;
    this.#payloadAt = this.#routesAt + slots * ROUTE;
    const memory = new ArrayBuffer(this.#payloadAt + slots * stride);
    this.bytes = Buffer.from(memory);
    this.words = new Uint32Array(memory);
    this.address = libc.address(memory);
    const view = new DataView(memory);
    const point = (at: number, to: number): void => view.setBigUint64(at, BigInt(this.address + to), true);
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * Mmsghdr.SIZE;
      const vector = this.#vectorsAt + slot * Iovec.SIZE;
      point(header + Mmsghdr.NAME, this.routeAt(slot));
      view.setUint32(header + Mmsghdr.NAME_LENGTH, this.nameLength, true);
      point(header + Mmsghdr.VECTORS, vector);
      view.setUint32(header + Mmsghdr.VECTOR_COUNT, 1, true);
      point(header + Mmsghdr.CONTROL, this.routeAt(slot) + CONTROL);
      view.setUint32(header + Mmsghdr.CONTROL_LENGTH, this.controlLength, true);
      const segment = this.#segmentAt(slot);
      view.setUint32(segment + Cmsghdr.LENGTH, Cmsghdr.DATA + 2, true);
      view.setInt32(segment + Cmsghdr.LEVEL, SOL_UDP, true);
      view.setInt32(segment + Cmsghdr.TYPE, UDP_SEGMENT, true);
      point(vector + Iovec.BASE, this.payloadAt(slot));
      view.setUint32(vector + Iovec.LENGTH, stride, true);
    }
  }

  /** Offset of a slot's payload in `bytes`. */
  payloadAt(slot: number): number {
    return this.#payloadAt + slot * this.stride;
  }

  /** Offset of a slot's route in `bytes`; a multiple of four. */
  routeAt(slot: number): number {
    return this.#routesAt + slot * ROUTE;
  }

  /** How much was received in a slot. */
  received(slot: number): number {
    return this.words[slot * HEADER_WORDS + Mmsghdr.LENGTH / 4]!;
  }

  /** How many bytes of control messages came with it. */
  control(slot: number): number {
    return this.words[slot * HEADER_WORDS + Mmsghdr.CONTROL_LENGTH / 4]!;
  }

  /** The kernel writes over the length of the control messages, which is what it may write the next time. */
  resetControl(slot: number): void {
    this.words[slot * HEADER_WORDS + Mmsghdr.CONTROL_LENGTH / 4] = this.controlLength;
  }

  /** Where a slot's header is, for the kernel. */
  headerAddress(slot: number): number {
    return this.address + slot * Mmsghdr.SIZE;
  }

  /** The word of `words` where the header of a slot begins, and the one where its vector does. */
  headerWord(slot: number): number {
    return slot * HEADER_WORDS;
  }

  vectorWord(slot: number): number {
    return this.#vectorsAt / 4 + slot * VECTOR_WORDS;
  }

  /** How much of a slot is to be sent, as it was set. */
  length(slot: number): number {
    return this.words[this.vectorWord(slot) + Iovec.LENGTH / 4]!;
  }

  /** Says in a slot's control messages that the datagrams of its message are so long; gives how long they are with that. */
  setSegment(slot: number, length: number): number {
    this.words[(this.#segmentAt(slot) + Cmsghdr.DATA) / 4] = length;
    return this.controlLength + SEGMENT;
  }

  #segmentAt(slot: number): number {
    return this.routeAt(slot) + CONTROL + this.controlLength;
  }

  /** How much of a slot is to be sent. */
  setLength(slot: number, length: number): void {
    this.words[this.vectorWord(slot) + Iovec.LENGTH / 4] = length;
  }
}

/** Words of a route where level, type and data of its control message are. */
export const LEVEL_WORD: number = (CONTROL + Cmsghdr.LEVEL) / 4;
export const TYPE_WORD: number = (CONTROL + Cmsghdr.TYPE) / 4;
export const DATA_WORD: number = (CONTROL + Cmsghdr.DATA) / 4;
