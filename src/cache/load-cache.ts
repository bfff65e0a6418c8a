import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { DotlsError } from "../errors.ts";
import {
  BLOCK,
  END,
  HEAD_LENGTH,
  MOST_BLOCKS,
  RUN_HEAD_LENGTH,
  chain,
  isRunHead,
  readHead,
} from "./cache-file.ts";
import { type TimeSource, processTime, startClock } from "./clock.ts";
import { Head } from "./layout.ts";
import { createCacheMemory } from "./memory.ts";

/** A cache as it came from its file, or an empty one. */
export interface LoadedCache {
  readonly memory: SharedArrayBuffer;
  /** Whether what the file had is in it. */
  readonly restored: boolean;
  /** Why the file was not used, ERR_DOTLS_CACHE_FILE; null when it was, and when there is none. */
  readonly dropped: DotlsError | null;
}

/** A wall clock that stands so many seconds before the moment of saving was only trimmed. */
const TRIMMED = 60;

/**
 * Memory for a cache of `size` bytes with what `file` has. The answers are older by the time that passed meanwhile. A file
 * that does not fit, was saved for another purpose, or is damaged anywhere, is dropped as a whole. Throws DotlsError ERR_DOTLS_CACHE_SIZE as
 * createCacheMemory does.
 */
export function loadCache(
  file: string,
  size: number,
  time: TimeSource = processTime(),
  purpose: Uint8Array = new Uint8Array(0),
  owner: number | undefined = process.geteuid?.(),
): LoadedCache {
  const memory = createCacheMemory(size, time);
  let fd: number;
  try {
    // A pipe would otherwise keep us until somebody writes to it; Windows has neither.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const none = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (none) return { memory, restored: false, dropped: null };
    return { memory, restored: false, dropped: dropped(file, reasonOf(error), error) };
  }
  try {
    const fault = fill(fd, memory, time, purpose, owner);
    if (fault === null) return { memory, restored: true, dropped: null };
    // What was read so far is in it.
    return { memory: createCacheMemory(size, time), restored: false, dropped: dropped(file, fault) };
  } catch (error) {
    return {
      memory: createCacheMemory(size, time),
      restored: false,
      dropped: dropped(file, reasonOf(error), error),
    };
  } finally {
    closeSync(fd);
  }
}

/** Reads the file into the memory. Gives the reason when it cannot be used. */
function fill(
  fd: number,
  memory: SharedArrayBuffer,
  time: TimeSource,
  purpose: Uint8Array,
  owner: number | undefined,
): string | null {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return "it is no file";
  // Whoever can write it can make us give any answer.
  if (process.platform !== "win32") {
    if ((stat.mode & 0o022) !== 0) return "other users may write it";
    if (stat.uid !== 0 && stat.uid !== owner) return "it belongs to another user";
  }
  const bytes = Buffer.alloc(HEAD_LENGTH);
  const head = readHead(bytes.subarray(0, readAll(fd, bytes)), memory.byteLength, purpose);
  if (typeof head === "string") return head;
  const away = (time.wall() - head.savedAt) / 1000;
  if (!(away > -TRIMMED)) return "it was saved at a time that is still to come: the clock is wrong, or was";
  const fault = readRuns(fd, new Uint8Array(memory));
  if (fault !== null) return fault;
  const words = new Int32Array(memory);
  words[Head.LOCK] = 0;
  words[Head.JOURNAL] = 0;
  words[Head.NEXT_OWNER] = 0;
  const second = head.second + Math.max(0, Math.round(away));
  // What failed then may be well now.
  words[Head.FAILURES_SINCE] = second;
  startClock(words, second, time);
  return null;
}

function readRuns(fd: number, memory: Uint8Array): string | null {
  const head = Buffer.alloc(RUN_HEAD_LENGTH);
  const blocks = Math.ceil(memory.length / BLOCK);
  let next = 0;
  let checksums = 0;
  for (let runs = 0; ; runs++) {
    if (readAll(fd, head) < RUN_HEAD_LENGTH) return "it is cut short";
    if (!isRunHead(head)) return "it is damaged";
    const first = head.readUInt32LE(0);
    const count = head.readUInt32LE(4);
    const checksum = head.readUInt32LE(8);
    if (first === END) {
      const whole = count === runs && checksum === checksums && readAll(fd, head.subarray(0, 1)) === 0;
      return whole ? null : "it is damaged";
    }
    if (first < next || count === 0 || count > MOST_BLOCKS || first + count > blocks) return "it is damaged";
    const bytes = memory.subarray(first * BLOCK, (first + count) * BLOCK);
    if (readAll(fd, bytes) < bytes.length) return "it is cut short";
    if (crc32(bytes) !== checksum) return "it is damaged";
    next = first + count;
    checksums = chain(checksums, checksum);
  }
}

/** Reads until `bytes` is full or the file ends. Gives how many there were. */
function readAll(fd: number, bytes: Uint8Array): number {
  let length = 0;
  while (length < bytes.length) {
    const got = readSync(fd, bytes, length, bytes.length - length, null);
    if (got === 0) break;
    length += got;
  }
  return length;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function dropped(file: string, reason: string, cause?: unknown): DotlsError {
  const message = `the saved cache ${file} is not used: ${reason}`;
  return new DotlsError("ERR_DOTLS_CACHE_FILE", message, cause === undefined ? undefined : { cause });
}
