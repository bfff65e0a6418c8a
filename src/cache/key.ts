import { Flag, HEADER_LENGTH } from "../dns/header.ts";
import { FOLD } from "../dns/name-hash.ts";
import { Entry } from "./entry.ts";

/** A question as the cache reads it: a QueryView is one. The name stands at offset 12 of `bytes`, uncompressed. */
export interface Question {
  readonly bytes: Uint8Array;
  /** Root label included. */
  readonly nameLength: number;
  readonly type: number;
  readonly class: number;
  readonly dnssecOk: boolean;
  /** The 16 bits of the header; CD is looked at. */
  readonly flags: number;
}

/** What beside name, type and class makes another entry: bits of one number. */
export const Variant = { DO: 1, CD: 2, FAILURE: 4 } as const;

/** What was asked for with CD=1 never answers CD=0 (RFC 4035 section 3.2.2); without DO signatures are not there. */
export function variantOf(question: Question): number {
  return (question.dnssecOk ? Variant.DO : 0) | ((question.flags & Flag.CD) !== 0 ? Variant.CD : 0);
}

/**
 * A hash of the name at `at` (32 bits, signed), the same for both cases of a letter. MurmurHash3 on words whose bytes all
 * have the bit that tells the cases apart: other bytes that differ in that bit alone meet too, and keys are compared.
 */
export function hashName(bytes: Uint8Array, at: number, length: number, seed: number): number {
  let hash = seed;
  const end = at + length;
  const whole = at + (length & ~3);
  let here = at;
  for (; here < whole; here += 4) {
    const word = bytes[here]! | (bytes[here + 1]! << 8) | (bytes[here + 2]! << 16) | (bytes[here + 3]! << 24);
    hash = mix(hash, word | 0x20202020);
  }
  let rest = 0;
  for (; here < end; here++) rest = (rest << 8) | (bytes[here]! | 0x20);
  return finish(mix(hash, rest) ^ length);
}

/** The hash of a whole key, from that of its name. */
export function hashKey(nameHash: number, type: number, klass: number, variant: number): number {
  return finish(mix(nameHash ^ variant, (klass << 16) | type));
}

/** The hash of the key of the entry at `entry` (a word). */
export function hashOfEntry(words: Int32Array, bytes: Uint8Array, entry: number, seed: number): number {
  const nameLength = words[entry + Entry.LIFETIME]! & 0xff;
  const nameHash = hashName(bytes, (entry + Entry.WORDS) * 4, nameLength, seed);
  const typeClass = words[entry + Entry.TYPE_CLASS]!;
  const variant = (words[entry + Entry.STALE]! >>> Entry.VARIANT_SHIFT) & 7;
  return hashKey(nameHash, typeClass & 0xffff, typeClass >>> 16, variant);
}

/** What a slot shows of a key: half of it says which name that is, so that a name's slots are found without its types. */
export function tagOf(nameHash: number, keyHash: number): number {
  // The lowest bits of the key's hash are those that all keys of a set share.
  return (nameHash & NAME_OF_TAG) | ((keyHash >>> 12) & 0xffff);
}

/** The part of a tag that is of the name. */
export const NAME_OF_TAG: number = 0xffff_0000 | 0;

/** Whether the entry at `entry` (a word) is of this key. The name of the question is compared without regard to case. */
export function isKeyOf(
  words: Int32Array,
  stored: Uint8Array,
  entry: number,
  question: Question,
  type: number,
  variant: number,
): boolean {
  const { bytes, nameLength } = question;
  if (words[entry + Entry.TYPE_CLASS] !== ((question.class << 16) | type)) return false;
  if ((words[entry + Entry.LIFETIME]! & 0xff) !== nameLength) return false;
  if (((words[entry + Entry.STALE]! >>> Entry.VARIANT_SHIFT) & 7) !== variant) return false;
  // Four bytes at once, as most questions come in lower case; where they differ, or stand the other way round (s390x), one by one.
  const whole = nameLength >>> 2;
  let at = HEADER_LENGTH;
  for (let word = entry + Entry.WORDS; word < entry + Entry.WORDS + whole; word++, at += 4) {
    const asked = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    if (words[word] !== asked && !isSame(stored, word * 4, bytes, at, 4)) return false;
  }
  return isSame(stored, (entry + Entry.WORDS + whole) * 4, bytes, at, nameLength & 3);
}

function isSame(folded: Uint8Array, a: number, bytes: Uint8Array, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (folded[a + i] !== FOLD[bytes[b + i]!]) return false;
  return true;
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
