import { crc32 } from "node:zlib";
import { Entry } from "./entry.ts";
import { Head, layoutOf, type Layout, MAGIC, Segment, Slot, WAYS } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";

/**
 * The file of a cache: a head, then runs of blocks of the memory as they are, those that hold nothing left out, then an end.
 * All numbers but those of the memory itself are little-endian. A run has a head of its own: its first block, its number of
 * blocks, a CRC-32 of its bytes, and one of these three. The end looks like the head of a run: END, how many runs there
 * were, the CRC-32 of all their checksums.
 */
export const HEAD_LENGTH = 64;
export const RUN_HEAD_LENGTH = 16;
export const BLOCK = 4096;

/** Blocks of a run at the most: 1 MiB is read with one call, and a fault in it is found before the rest is read. */
export const MOST_BLOCKS = 256;

export const END = 0xffff_ffff;

const MARK = Buffer.from("dotls\0\x1aC");

/** To be raised when the bytes of an entry, or what they mean, change. */
const VERSION = 1;

/** Bytes that say what a cache is for: which servers its answers are from. */
const PURPOSE_AT = 40;
const PURPOSE_LENGTH = 16;

/** What the head of a file says. */
export interface FileHead {
  /** Bytes of the memory. */
  readonly size: number;
  /** Milliseconds of the wall clock when it was saved. */
  readonly savedAt: number;
  /** Second of the cache at that moment. */
  readonly second: number;
  /** What the cache is for, in up to 16 bytes; no other one may use the file. */
  readonly purpose: Uint8Array;
}

/** A number that differs when anything stands elsewhere than when the file was written. */
function fingerprint(layout: Layout): number {
  return crc32(JSON.stringify([layout, WAYS, Slot, Segment, Head, Entry]));
}

export function writeHead(head: FileHead): Buffer {
  const out = Buffer.alloc(HEAD_LENGTH);
  MARK.copy(out);
  out.writeUInt32LE(VERSION, 8);
  // In the byte order of the memory, which is that of the machine.
  new Int32Array(out.buffer, out.byteOffset + 12, 1)[0] = MAGIC;
  out.writeDoubleLE(head.savedAt, 16);
  out.writeDoubleLE(head.size, 24);
  out.writeUInt32LE(head.second, 32);
  out.writeUInt32LE(fingerprint(layoutOf(head.size)), 36);
  out.set(head.purpose.subarray(0, PURPOSE_LENGTH), PURPOSE_AT);
  out.writeUInt32LE(crc32(out.subarray(0, HEAD_LENGTH - 4)), HEAD_LENGTH - 4);
  return out;
}

/** The head of a file, or why it is none that can be used with a memory of `size` bytes and for this purpose. */
export function readHead(bytes: Buffer, size: number, purpose: Uint8Array): FileHead | string {
  if (bytes.length < HEAD_LENGTH || !bytes.subarray(0, MARK.length).equals(MARK))
    return "it is no file of a cache";
  if (bytes.readUInt32LE(8) !== VERSION) return "another version of dotls wrote it";
  if (bytes.readUInt32LE(HEAD_LENGTH - 4) !== crc32(bytes.subarray(0, HEAD_LENGTH - 4)))
    return "it is damaged";
  if (new Int32Array(bytes.buffer, bytes.byteOffset + 12, 1)[0] !== MAGIC)
    return "another kind of machine wrote it";
  const saved = bytes.readDoubleLE(24);
  if (saved !== size) return `it is of a cache of ${saved} bytes, and this one has ${size}`;
  if (bytes.readUInt32LE(36) !== fingerprint(layoutOf(size))) return "another version of dotls wrote it";
  const own = Buffer.alloc(PURPOSE_LENGTH);
  own.set(purpose.subarray(0, PURPOSE_LENGTH));
  if (!own.equals(bytes.subarray(PURPOSE_AT, PURPOSE_AT + PURPOSE_LENGTH)))
    return "its answers are from other upstreams or routes than those of the configuration";
  return { size, savedAt: bytes.readDoubleLE(16), second: bytes.readUInt32LE(32), purpose: own };
}

/** Writes the head of a run, or the end, to the front of `out`. */
export function writeRunHead(out: Buffer, first: number, count: number, checksum: number): void {
  out.writeUInt32LE(first, 0);
  out.writeUInt32LE(count, 4);
  out.writeUInt32LE(checksum, 8);
  out.writeUInt32LE(crc32(out.subarray(0, 12)), 12);
}

/** Whether these are the bytes of the head of a run, or of the end. */
export function isRunHead(bytes: Buffer): boolean {
  return bytes.readUInt32LE(12) === crc32(bytes.subarray(0, 12));
}

/** The checksum of the checksums up to now and of one more. */
export function chain(checksums: number, next: number): number {
  return crc32(Buffer.of(next, next >>> 8, next >>> 16, next >>> 24), checksums);
}

/** Calls `take` with each run of blocks that holds something: its first block and their number. */
export function forEachRun(memory: CacheMemory, take: (first: number, count: number) => void): void {
  const blocks = Math.ceil(memory.bytes.length / BLOCK);
  for (let block = 0; block < blocks;) {
    if (!holdsSomething(memory, block)) {
      block++;
      continue;
    }
    const first = block;
    while (block < blocks && block - first < MOST_BLOCKS && holdsSomething(memory, block)) block++;
    take(first, block - first);
  }
}

/** What stands in the arena behind the fill of a segment is of no use; elsewhere nothing but zeros is. */
function holdsSomething(memory: CacheMemory, block: number): boolean {
  const { words, layout } = memory;
  const start = (block * BLOCK) / 4;
  if (start >= layout.arenaAt) {
    const segment = Math.floor((start - layout.arenaAt) / layout.segmentWords);
    if (segment >= layout.segments) return false;
    const row = layout.segmentsAt + segment * Segment.WORDS;
    const inSegment = start - layout.arenaAt - segment * layout.segmentWords;
    return words[row + Segment.STATE] !== 0 && inSegment < words[row + Segment.FILL]!;
  }
  for (let i = start; i < start + BLOCK / 4; i++) if (words[i] !== 0) return true;
  return false;
}
