import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { closeSync, fsyncSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What was at a path before it was changed. */
export type Before =
  | { readonly kind: "none" }
  | { readonly kind: "file"; readonly text: string; readonly mode: number }
  | { readonly kind: "link"; readonly target: string };

/** The files of a host below `root`: `/`, or a folder that stands for it. Paths are those that the host has. */
export class SystemFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** What is at a path now. Throws the system's error when it is something else than a file or a link. */
  look(path: string): Before {
    const at = join(this.#root, path);
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: "none" };
    if (stats.isSymbolicLink()) return { kind: "link", target: readlinkSync(at) };
    // latin1 keeps every byte, whatever its encoding was.
    return { kind: "file", text: readFileSync(at, "latin1"), mode: stats.mode & 0o7777 };
  }

  /** Puts a file in the place of what is there, whole or not at all. Its folder is made if need be. */
  write(path: string, text: string, mode = 0o644): void {
    const at = join(this.#root, path);
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
    const fresh = `${at}.dotls-new`;
    rmSync(fresh, { force: true });
    const file = openSync(fresh, "wx", mode);
    try {
      writeFileSync(file, text, "latin1");
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // The umask may have taken something away.
    chmodSync(fresh, mode);
    try {
      renameSync(fresh, at);
    } catch (error) {
      rmSync(fresh, { force: true });
      // Container engines mount a file of theirs over resolv.conf: it can be written, not replaced.
      if (!(error instanceof Error && "code" in error && error.code === "EBUSY")) throw error;
      writeFileSync(at, text, "latin1");
    }
  }

  /** Brings back what was at a path. */
  restore(path: string, before: Before): void {
    const at = join(this.#root, path);
    switch (before.kind) {
      case "none":
        rmSync(at, { force: true });
        return;
      case "file":
        this.write(path, before.text, before.mode);
        return;
      case "link": {
        const fresh = `${at}.dotls-new`;
        rmSync(fresh, { force: true });
        symlinkSync(before.target, fresh);
        renameSync(fresh, at);
        return;
      }
      default:
        before satisfies never;
    }
  }

  /** Removes a file if it is there. */
  remove(path: string): void {
    rmSync(join(this.#root, path), { force: true });
  }
}
