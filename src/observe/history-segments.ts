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

/** Removes the rotated files that are older than `keep` milliseconds. Gives their paths. */
export async function removeOld(file: string, keep: number, now: number): Promise<string[]> {
  const old = (await segmentsOf(file)).filter((segment) => now - segment.rotatedAt > keep);
  for (const segment of old) await rm(segment.path, { force: true });
  return old.map((segment) => segment.path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
