/**
 * Lower case for ASCII letters, every other byte as it is (RFC 4343). Length bytes of labels are at most 63 and so
 * below "A": a whole name in wire form can be folded byte by byte without looking where its labels begin.
 */
export const FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 65 && byte <= 90 ? byte + 32 : byte,
);

/** A start value that others cannot know, so that they cannot prepare names that all meet in one bucket. */
export const HASH_SEED: number = Math.floor(Math.random() * 0x7fffffff) | 1;

/** The FNV-1a step on a folded byte; start with HASH_SEED. */
export function mixByte(hash: number, byte: number): number {
  return Math.imul(hash ^ FOLD[byte]!, 0x01000193);
}

/**
 * A finished hash: spread, and cut to 30 bits, which V8 keeps as a small integer, so that a Map never boxes it.
 * Shape: an integer from 0 to 2^30 - 1.
 */
export function finishHash(hash: number): number {
  let mixed = hash;
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  mixed ^= mixed >>> 12;
  return mixed >>> 2;
}

/** Whether two runs of bytes of one length are equal but for the case of ASCII letters (RFC 4343). */
export function equalFolded(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const x = a[aAt + i]!;
    const y = b[bAt + i]!;
    if (x !== y && FOLD[x] !== FOLD[y]) return false;
  }
  return true;
}
