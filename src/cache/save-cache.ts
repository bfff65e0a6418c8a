import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { DotlsError } from "../errors.ts";
import type { AnswerCache } from "./answer-cache.ts";
import {
  BLOCK,
  END,
  MOST_BLOCKS,
  RUN_HEAD_LENGTH,
  chain,
  forEachRun,
  writeHead,
  writeRunHead,
} from "./cache-file.ts";
import { CacheMemory } from "./memory.ts";

/**
 * Writes the cache to a file that only its user can read; an older one is replaced when the new one is whole, and stays
 * when that fails. Nothing is stored meanwhile, and the thread does nothing else: it is for the end of a server. `now`: the
 * wall clock, ms; `purpose`: what it is for, in up to 16 bytes, which must be the same when it is loaded. Throws DotlsError ERR_DOTLS_CACHE_FILE, or ERR_DOTLS_CACHE_BUSY when another thread does not stop writing.
 */
export function saveCache(
  cache: AnswerCache,
  file: string,
  now: number = Date.now(),
  purpose: Uint8Array = new Uint8Array(0),
): void {
  const part = `${file}.part`;
  try {
    // What is left of an attempt that was killed goes; nobody else's link decides where the bytes go.
    rmSync(part, { force: true });
    const fd = openSync(part, "wx", 0o600);
    try {
      cache.tick();
      cache.whileStill(() => {
        const size = cache.memory.byteLength;
        writeAll(fd, writeHead({ size, savedAt: now, second: cache.now, purpose }));
        writeRuns(fd, new CacheMemory(cache.memory));
      });
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(part, file);
    syncFolder(dirname(file));
  } catch (error) {
    removePart(part);
    if (error instanceof DotlsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DotlsError("ERR_DOTLS_CACHE_FILE", `the cache cannot be saved to ${file}: ${reason}`, {
      cause: error,
    });
  }
}

function writeRuns(fd: number, memory: CacheMemory): void {
  const out = Buffer.allocUnsafe(RUN_HEAD_LENGTH + MOST_BLOCKS * BLOCK);
  let runs = 0;
  let checksums = 0;
  forEachRun(memory, (first, count) => {
    const bytes = memory.bytes.subarray(first * BLOCK, (first + count) * BLOCK);
    // Readers go on marking what they find: the checksum is one of the bytes that are written.
    out.set(bytes, RUN_HEAD_LENGTH);
    const length = RUN_HEAD_LENGTH + bytes.length;
    const checksum = crc32(out.subarray(RUN_HEAD_LENGTH, length));
    writeRunHead(out, first, count, checksum);
    writeAll(fd, out.subarray(0, length));
    runs++;
    checksums = chain(checksums, checksum);
  });
  writeRunHead(out, END, runs, checksums);
  writeAll(fd, out.subarray(0, RUN_HEAD_LENGTH));
}

/** A disk that is nearly full takes a part; the rest then fails. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** What cannot be removed is in the way of the next attempt, which says so. */
function removePart(part: string): void {
  try {
    rmSync(part, { force: true });
  } catch {
    // The first failure is the one to tell.
  }
}

/** Makes the new name of the file last, too. Not every system lets a folder be opened. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The file is whole under its name or under the old one's; which of them does not matter to a cache.
  }
}
