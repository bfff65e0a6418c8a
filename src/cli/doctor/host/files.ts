import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

/** What is read of the host, by absolute path. What is not there, or not for us to see, is null or empty. */
export interface HostFiles {
  text(path: string): string | null;
  /** The names in a folder, in the order of their letters. */
  names(path: string): readonly string[];
  /** Where a symbolic link points; null: it is none. */
  link(path: string): string | null;
  /** When the file was written or put here, whichever is later, in ms; null: not there. */
  changedAt(path: string): number | null;
}

/** The files of the host as seen from `root`: `/`, or a folder that stands for it. */
export function hostFiles(root = "/"): HostFiles {
  const at = (path: string): string => join(root, path);
  return {
    text: (path) => attempt(() => readFileSync(at(path), "utf8")),
    names: (path) => attempt(() => readdirSync(at(path)).sort()) ?? [],
    link: (path) => attempt(() => readlinkSync(at(path))),
    changedAt: (path) =>
      attempt(() => {
        // Archives may carry any mtime; ctime is when the file came to this host.
        const { mtimeMs, ctimeMs } = statSync(at(path));
        return Math.max(mtimeMs, ctimeMs);
      }),
  };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
