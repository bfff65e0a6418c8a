import type { Libc } from "./libc.ts";
import {
  AF_INET,
  In6Pktinfo,
  InPktinfo,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  MSG_DONTWAIT,
  SockaddrIn,
} from "./layout.ts";
import { BATCH, DATA_WORD, LEVEL_WORD, Slab, TYPE_WORD } from "./slab.ts";

/**
 * Slots lie this far apart: not at a multiple of a page, so that the fronts of all slots, which is what is in use, do not
 * share the same few lines of the processor's caches.
 */
const GAP = 64;

/** Receives datagrams, up to 64 in one call, always into the same memory. */
export class Inbox {
  readonly slab: Slab;
  /** The payload of each slot, as a Buffer like the ones of other doors: one shape for the code that reads them. */
  readonly payloads: readonly Buffer[];

  #libc: Libc;
  #fd: number;
  #four: boolean;
  #wildcard: boolean;
  /** How many slots the last call filled. */
  #filled = 0;

  /** A datagram longer than `most` bytes is cut to that. */
  constructor(libc: Libc, fd: number, family: number, wildcard: boolean, most: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#four = family === AF_INET;
    this.#wildcard = wildcard;
    const slab = new Slab(libc, family, wildcard, BATCH, most + GAP);
    this.slab = slab;
    this.payloads = Array.from({ length: BATCH }, (_, slot) => {
      slab.setLength(slot, most);
      const at = slab.payloadAt(slot);
      return slab.bytes.subarray(at, at + most);
    });
  }

  /** Gives how many datagrams came, 0 when there is none. What the last call brought is gone. */
  receive(): number {
    if (this.#wildcard) for (let slot = 0; slot < this.#filled; slot++) this.slab.resetControl(slot);
    // Errors are those of earlier replies, told late (ICMP), or EAGAIN; either way there is nothing to be had now.
    this.#filled = Math.max(0, this.#libc.recvmmsg(this.#fd, this.slab.address, BATCH, MSG_DONTWAIT));
    return this.#filled;
  }

  /** The sender's port. */
  port(slot: number): number {
    const at = this.slab.routeAt(slot) + SockaddrIn.PORT;
    return (this.slab.bytes[at]! << 8) | this.slab.bytes[at + 1]!;
  }

  /**
   * Makes the way that a datagram came the way that its reply goes: from the address that was asked. False when there is no
   * such way: it was sent to many, by broadcast or multicast.
   */
  turnAround(slot: number): boolean {
    if (!this.#wildcard) return true;
    const { words } = this.slab;
    const route = this.slab.routeAt(slot) / 4;
    const data = route + DATA_WORD;
    const isPktinfo = this.#four
      ? words[route + LEVEL_WORD] === IPPROTO_IP && words[route + TYPE_WORD] === IP_PKTINFO
      : words[route + LEVEL_WORD] === IPPROTO_IPV6 && words[route + TYPE_WORD] === IPV6_PKTINFO;
    if (!isPktinfo || this.slab.control(slot) !== this.slab.controlLength) return false;
    if (this.#four) {
      // The way back is looked up anew: it need not be the interface that this came by.
      words[data + InPktinfo.IFINDEX / 4] = 0;
      return words[data + InPktinfo.SOURCE / 4] === words[data + InPktinfo.DESTINATION / 4];
    }
    // In network order: the low byte is the first one of the address.
    const first = words[data]!;
    if ((first & 0xff) === 0xff) return false;
    // fe80::/10 means something only together with an interface.
    if ((first & 0xc0ff) !== 0x80fe) words[data + In6Pktinfo.IFINDEX / 4] = 0;
    return true;
  }
}
