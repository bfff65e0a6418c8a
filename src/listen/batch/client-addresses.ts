import { networkInterfaces } from "node:os";
import { formatIpv4, formatIpv6 } from "../../dns/ip.ts";
import { AF_INET, SockaddrIn, SockaddrIn6 } from "./layout.ts";
import type { Slab } from "./slab.ts";

/** Addresses whose text is remembered; a power of two. */
const REMEMBERED = 1024;
const BITS = Math.log2(REMEMBERED);

/** Words of a key: an IPv6 address and its scope. */
const KEY = 5;

/**
 * Addresses of clients as text, made once for those that ask again and again: a string for each datagram would be garbage
 * for each datagram. Each address has one place, from which it may be pushed by another one.
 */
export class ClientAddresses {
  #four: boolean;
  #keys: Uint32Array = new Uint32Array(REMEMBERED * KEY);
  #texts: (string | undefined)[] = Array.from({ length: REMEMBERED }, () => undefined);

  constructor(family: number) {
    this.#four = family === AF_INET;
  }

  /** Where a slot's datagram came from: `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`. */
  of(slab: Slab, slot: number): string {
    const { words } = slab;
    const at = slab.routeAt(slot) / 4;
    return this.#four ? this.#ipv4(slab, at) : this.#ipv6(slab, words, at);
  }

  #ipv4(slab: Slab, at: number): string {
    const address = slab.words[at + SockaddrIn.ADDRESS / 4]!;
    const place = placeOf(address);
    const known = this.#texts[place];
    if (known !== undefined && this.#keys[place * KEY] === address) return known;
    const start = at * 4 + SockaddrIn.ADDRESS;
    const text = formatIpv4(slab.bytes.subarray(start, start + 4));
    this.#keys[place * KEY] = address;
    this.#texts[place] = text;
    return text;
  }

  #ipv6(slab: Slab, words: Uint32Array, at: number): string {
    const from = at + SockaddrIn6.ADDRESS / 4;
    let hash = 0;
    for (let i = 0; i < KEY; i++) hash = Math.imul(hash, 31) ^ words[from + i]!;
    const place = placeOf(hash);
    const known = this.#texts[place];
    let same = known !== undefined;
    for (let i = 0; same && i < KEY; i++) same = this.#keys[place * KEY + i] === words[from + i];
    if (same) return known!;
    const start = from * 4;
    const address = formatIpv6(slab.bytes.subarray(start, start + 16));
    const scope = words[at + SockaddrIn6.SCOPE / 4]!;
    const text = scope === 0 ? address : `${address}%${scopeName(scope)}`;
    for (let i = 0; i < KEY; i++) this.#keys[place * KEY + i] = words[from + i]!;
    this.#texts[place] = text;
    return text;
  }
}

function placeOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> (32 - BITS);
}

/** The name of an interface by its number. */
function scopeName(scope: number): string {
  try {
    for (const [name, entries] of Object.entries(networkInterfaces())) {
      if (entries?.some((entry) => entry.family === "IPv6" && entry.scopeid === scope) === true) return name;
    }
  } catch {
    // To look takes a socket, and there may be no room for one. The number says the same.
  }
  return String(scope);
}
