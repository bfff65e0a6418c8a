import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** Read by its owner and the group: names and addresses of clients are nobody else's business. */
const MODE = 0o640;

/** How much of the end of a file is looked at for an unfinished line; a line of the history is far shorter. */
const TAIL = 65_536;

/** How long a line that another process writes may be unfinished, in ms: it is in the file after one system call. */
const UNFINISHED = 50;

const NEWLINE = 0x0a;

/** How each line of the history begins: the mark by which an unfinished line is known as ours. */
const OUR_LINE = '{"v":';

/** A batch was not written, or not all of it. */
export class AppendError extends Error {
  /** The whole lines that did reach the file. */
  readonly lines: number;

  constructor(lines: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "AppendError";
    this.lines = lines;
  }
}

/** A file of whole lines, open for appending. */
export class LineFile {
  readonly path: string;
  /** In bytes. */
  size: number;
  /** Whether it is a file on a disk, that can be rotated, and not a pipe or a device. */
  readonly regular: boolean;
  readonly #handle: FileHandle;
  readonly #device: number;
  readonly #inode: number;

  private constructor(
    path: string,
    handle: FileHandle,
    regular: boolean,
    size: number,
    device: number,
    inode: number,
  ) {
    this.path = path;
    this.regular = regular;
    this.size = size;
    this.#handle = handle;
    this.#device = device;
    this.#inode = inode;
  }

  /**
   * Opens the file, made with mode 0640 if it is not there. A last line that a crash cut short is repaired: ended when it
   * is whole JSON, cut off when it is a piece of an entry. `wait`: until another process that was about to write the rest of it
   * has done so. Rejects with the error of the system.
   */
  static async open(path: string, wait: () => Promise<unknown> = () => pause(UNFINISHED)): Promise<LineFile> {
    const handle = await open(path, "a+", MODE);
    try {
      const stats = await handle.stat();
      const regular = stats.isFile();
      const size = regular ? await repair(handle, stats.size, wait) : 0;
      return new LineFile(path, handle, regular, size, stats.dev, stats.ino);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Appends whole lines. Rejects with AppendError; the file must be closed and opened again after that. */
  async append(lines: Buffer): Promise<void> {
    let done = 0;
    try {
      while (done < lines.length) {
        const { bytesWritten } = await this.#handle.write(lines, done);
        done += bytesWritten;
        this.size += bytesWritten;
      }
    } catch (error) {
      throw new AppendError(newlinesIn(lines.subarray(0, done)), error);
    }
  }

  /** Throws away all lines; not those of a pipe or a device. */
  async empty(): Promise<void> {
    if (!this.regular) return;
    await this.#handle.truncate(0);
    this.size = 0;
  }

  /** Whether the path names another file by now, or none: somebody moved or removed this one. */
  async isGone(): Promise<boolean> {
    try {
      const { dev, ino } = await stat(this.path);
      return dev !== this.#device || ino !== this.#inode;
    } catch {
      return true;
    }
  }

  /** The start of the file, at most 4 KiB: enough for its first line. */
  async head(): Promise<string> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.toString("utf8", 0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Gives the size of the file after the repair. */
async function repair(handle: FileHandle, size: number, wait: () => Promise<unknown>): Promise<number> {
  const tailAt = Math.max(0, size - TAIL);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(TAIL), 0, Math.min(size, TAIL), tailAt);
  const tail = buffer.subarray(0, bytesRead);
  if (tail.length === 0 || tail.at(-1) === NEWLINE) return size;
  const lineAt = tail.lastIndexOf(NEWLINE) + 1;
  const line = tail.toString("utf8", lineAt);
  const ours = line.startsWith(OUR_LINE) || OUR_LINE.startsWith(line);
  if (ours && !isJson(line)) {
    await wait();
    const now = (await handle.stat()).size;
    if (now !== size) return now;
    await handle.truncate(tailAt + lineAt);
    return tailAt + lineAt;
  }
  // Whole but for its end; or no line of ours, and then not ours to cut.
  await handle.write("\n");
  return size + 1;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
