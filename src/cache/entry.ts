/**
 * An entry in the arena: words, then the name (folded), the records, where their TTLs stand (16 bits each, from the first
 * record), extended errors. Name and records begin at whole words. An entry is never changed once it can be found.
 *
 * SIZE: words of the whole entry; length of the records << 16.
 * SLOT: the slot that points here, as a word of the memory. When it points elsewhere this entry is dead.
 * STORED: second of the cache.
 * LIFETIME: length of the name; seconds << 8.
 * STALE: seconds (20 bits); kind, variant and the high bits of the rcode above.
 * FLAGS: of the header; length of the extended errors << 16.
 * COUNTS: answers; authorities << 16. MORE: additionals; number of TTLs << 16.
 */
export const Entry = {
  SIZE: 0,
  SLOT: 1,
  STORED: 2,
  LIFETIME: 3,
  STALE: 4,
  TYPE_CLASS: 5,
  FLAGS: 6,
  COUNTS: 7,
  MORE: 8,
  WORDS: 9,
  KIND_SHIFT: 20,
  VARIANT_SHIFT: 22,
  RCODE_SHIFT: 25,
} as const;

/** The longest lifetime and the longest time for stale answers, in seconds: what their bits hold. */
export const MAX_LIFETIME = 0xff_ffff;
export const MAX_STALE = 0xf_ffff;

/** Words of the entry at `entry`. */
export function entryWords(words: Int32Array, entry: number): number {
  return words[entry + Entry.SIZE]! & 0xffff;
}

/** One of `Kind`. */
export function entryKind(words: Int32Array, entry: number): number {
  return (words[entry + Entry.STALE]! >>> Entry.KIND_SHIFT) & 3;
}

/** Whether nobody may be given this entry any more, stale or not. */
export function isDead(words: Int32Array, entry: number, now: number): boolean {
  const lifetime = words[entry + Entry.LIFETIME]! >>> 8;
  const stale = words[entry + Entry.STALE]! & MAX_STALE;
  return now - words[entry + Entry.STORED]! >= lifetime + stale;
}

/** Where the records of the entry begin, in bytes of the memory. */
export function recordsAt(words: Int32Array, entry: number): number {
  const nameLength = words[entry + Entry.LIFETIME]! & 0xff;
  return (entry + Entry.WORDS + ((nameLength + 3) >>> 2)) * 4;
}
