import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What rotation adds to the name: when it happened, in UTC, without the colons that some file systems refuse. */
const STAMP = /^\.(\d{4}-\d{2}-\d{2}T)(\d{2})-(\d{2})-(\d{2}\.\d{3}Z)(?:\.\d+)?$/;

/** A file that was rotated. */
export interface Segment {
  readonly path: string;
  /** When it was rotated, milliseconds since the Unix epoch. */
  readonly rotatedAt: number;
}

/** Which rotated files stay. */
export interface SegmentLimits {
  /** Those of the last so many milliseconds. */
  readonly keep: number;
  /** As many of the newest as take so many bytes together. */
  readonly room: number;
}

/** The rotated files of a history file, the oldest first; other files beside it are left alone. */
export async function segmentsOf(file: string): Promise<Segment[]> {
  const folder = dirname(file);
  const name = basename(file);
  const segments: Segment[] = [];
  for (const other of await readdir(folder)) {
    const stamp = other.startsWith(name) ? STAMP.exec(other.slice(name.length)) : null;
    if (stamp === null) continue;
    const [, day, hours, minutes, seconds] = stamp;
    const rotatedAt = Date.parse(`${day}${hours}:${minutes}:${seconds}`);
    if (!Number.isNaN(rotatedAt)) segments.push({ path: join(folder, other), rotatedAt });
  }
  return segments.sort(
    (a, b) => a.rotatedAt - b.rotatedAt || a.path.localeCompare(b.path, "en", { numeric: true }),
  );
}

/** Moves the file out of the way, to its name with the time behind it. Gives the new path. */
export async function rotate(file: string, now: number): Promise<string> {
  const stamped = `${file}.${new Date(now).toISOString().replaceAll(":", "-")}`;
  let target = stamped;
  // A clock that was set back must not let one rotation overwrite another.
  for (let n = 1; await exists(target); n++) target = `${stamped}.${n}`;
  await rename(file, target);
  return target;
}

/** Removes the rotated files that are beyond the limits. Gives their paths, the oldest first. */
export async function removeExcess(file: string, limits: SegmentLimits, now: number): Promise<string[]> {
  const { keep, room } = limits;
  const excess: string[] = [];
  let taken = 0;
  for (const { path, rotatedAt } of (await segmentsOf(file)).toReversed()) {
    taken += await sizeOf(path);
    if (now - rotatedAt > keep || taken > room) excess.unshift(path);
  }
  for (const path of excess) await rm(path, { force: true });
  return excess;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    // Somebody else removed it just now.
    return 0;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
