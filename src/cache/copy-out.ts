import { readU32, writeU32 } from "../dns/header.ts";
import type { CacheMemory } from "./memory.ts";

/** Longer runs go through a DataView, which writes four bytes at once wherever they stand; making sure of it costs more at first. */
const SHORT = 96;

/** Else (s390x) the bytes of a word are not in the order in which shifts give them. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Copies bytes out of shared memory into an ordinary buffer without garbage. `set` with a subarray makes an object for each
 * copy and takes several times as long for an answer of usual size; reading whole words and writing their bytes is the
 * quickest for short runs.
 */
export class CopyOut {
  #words: Int32Array;
  #bytes: Uint8Array;
  #buffer: ArrayBufferLike | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor({ words, bytes }: CacheMemory) {
    this.#words = words;
    this.#bytes = bytes;
  }

  /** Copies `length` bytes from `from`, where a word begins, to out[at..]. */
  copy(from: number, out: Uint8Array, at: number, length: number): void {
    const words = this.#words;
    const wholeEnd = at + (length & ~3);
    let word = from >>> 2;
    let to = at;
    if (length <= SHORT && LITTLE_ENDIAN) {
      for (; to < wholeEnd; to += 4) {
        const value = words[word++]!;
        out[to] = value;
        out[to + 1] = value >>> 8;
        out[to + 2] = value >>> 16;
        out[to + 3] = value >>> 24;
      }
    } else {
      if (out.buffer !== this.#buffer) {
        this.#buffer = out.buffer;
        this.#view = new DataView(out.buffer);
      }
      const view = this.#view;
      const shift = out.byteOffset;
      for (; to < wholeEnd; to += 4) view.setInt32(shift + to, words[word++]!, LITTLE_ENDIAN);
    }
    const bytes = this.#bytes;
    const end = at + length;
    for (let rest = word * 4; to < end; to++, rest++) out[to] = bytes[rest]!;
  }
}

/**
 * Ages TTLs of records that were copied to out[at..at + length): `halves[first..first + count)` say where they stand. Each
 * loses `age` seconds, or is set to `ttl` unless that is negative.
 */
export function ageTtls(
  halves: Uint16Array,
  first: number,
  count: number,
  out: Uint8Array,
  at: number,
  length: number,
  age: number,
  ttl: number,
): void {
  for (let i = 0; i < count; i++) {
    const place = halves[first + i]!;
    // Another thread may be writing there: what is read must not lead out of the room for the reply.
    if (place + 4 > length) return;
    const stored = readU32(out, at + place);
    writeU32(out, at + place, ttl >= 0 ? ttl : Math.max(0, stored - age));
  }
}
