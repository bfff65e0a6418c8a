import type { CacheMemory } from "./memory.ts";

/**
 * Marks of what had to go before anybody asked for it again. Who comes back while the mark is there has proved its worth and
 * is kept with the steady ones. Two marks of 16 bits for each slot; a new one takes the place of an old one.
 */
export class Ghosts {
  #halves: Uint16Array;
  #at: number;
  #count: number;

  constructor(memory: CacheMemory) {
    this.#halves = memory.halves;
    this.#at = memory.layout.ghostsAt;
    this.#count = memory.layout.ghosts;
  }

  add(keyHash: number): void {
    this.#halves[this.#place(keyHash)] = mark(keyHash);
  }

  /** Whether the key was there of late; it no longer is. */
  take(keyHash: number): boolean {
    const place = this.#place(keyHash);
    if (this.#halves[place] !== mark(keyHash)) return false;
    this.#halves[place] = 0;
    return true;
  }

  #place(keyHash: number): number {
    return this.#at + Math.floor(((Math.imul(keyHash, 0x9e3779b1) >>> 0) * this.#count) / 0x1_0000_0000);
  }
}

/** Bits that the place does not follow from; never 0. */
function mark(keyHash: number): number {
  return (keyHash ^ (keyHash >>> 16)) & 0xffff || 1;
}
