import { rm, stat, truncate } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { DotlsError } from "../errors.ts";
import type { HistoryCursor } from "./history-cursor.ts";
import { HistoryLines } from "./history-lines.ts";
import type { HistoryRing } from "./history-ring.ts";
import { removeExcess, rotate, segmentsOf } from "./history-segments.ts";
import { AppendError, LineFile } from "./line-file.ts";
import type { Log } from "./log.ts";
import { createOncePer } from "./log.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/** How often is looked whether it is time to write, or to try again, in milliseconds. */
const TICK = SECOND;

/**
 * Entries that become lines in one turn of the event loop, and are written at once: half a millisecond, which queries do not
 * notice, and a quarter of the usual ring, as each piece has its price.
 */
const BATCH = 2560;

/** More than nearly all lines have, in bytes: so many for each that fits still, and the file ends near its size. */
const LINE = 400;

/** How often is looked at the end whether more has come. */
const LAST_ROUNDS = 5;

export interface HistoryFileOptions {
  readonly file: string;
  /** The size in bytes at which the file is rotated; a batch may go beyond it. */
  readonly rotate: number;
  /** How long a rotated file is kept, in milliseconds. */
  readonly keep: number;
  /** What the file and the rotated ones may take together, in bytes; at least two files of the size `rotate`. */
  readonly total: number;
  /** How long an entry waits at the most before it is written, in milliseconds. */
  readonly every: number;
}

/** What the status says about the file. */
export interface HistoryFileStatus {
  readonly path: string;
  readonly written: number;
  /** Entries that left the ring before they could be written. */
  readonly lost: number;
  /** Why it cannot be written at present, in words; null when it can. */
  readonly error: string | null;
}

/**
 * Opens the file and begins to append what the ring records from now on. `now` is the wall clock.
 * Rejects with DotlsError (ERR_DOTLS_HISTORY_FILE) when the file cannot be opened, or the ring has no rows.
 */
export async function startHistoryFile(
  ring: HistoryRing,
  options: HistoryFileOptions,
  log: Log,
  now: () => number = () => Date.now(),
): Promise<HistoryFile> {
  return (await openHistoryFile(ring, options.file, log, now)).start(options);
}

/** A file that is open and waits to be written. */
export interface OpenedHistoryFile {
  /** Begins to append what the ring records from now on. */
  start(options: HistoryFileOptions): HistoryFile;
  /** It is not to be written: it is closed, and removed if it was not there before. Never rejects. */
  abandon(): Promise<void>;
}

/** Opens a file as `startHistoryFile` does, to be written later or not at all. Rejects as that does. */
export async function openHistoryFile(
  ring: HistoryRing,
  path: string,
  log: Log,
  now: () => number,
): Promise<OpenedHistoryFile> {
  const isNew = (await stat(path).catch(() => null)) === null;
  const file = await openFile(ring, path);
  return {
    start: (options) => {
      const history = new HistoryFile(ring, options, log, now, file);
      history.start();
      return history;
    },
    abandon: async () => {
      await file.close().catch(() => {});
      if (isNew) await rm(path, { force: true }).catch(() => {});
    },
  };
}

async function openFile(ring: HistoryRing, file: string): Promise<LineFile> {
  if (ring.size === 0) {
    const reason = "history.size is 0, and what is written waits in that memory";
    throw new DotlsError("ERR_DOTLS_HISTORY_FILE", `cannot write the history file: ${reason}`);
  }
  try {
    return await LineFile.open(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DotlsError("ERR_DOTLS_HISTORY_FILE", `cannot write the history file: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Appends the ring's new entries to a file, in batches. The ring is its buffer: while the file cannot be written, the
 * entries wait there, and only those that the ring overwrites are lost. Nothing here ever holds up a query.
 */
export class HistoryFile {
  readonly #ring: HistoryRing;
  readonly #options: HistoryFileOptions;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #oncePer = createOncePer();
  #file: LineFile | null;
  #cursor: HistoryCursor;
  readonly #lines = new HistoryLines();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #written = 0;
  #lost = 0;
  #error: string | null = null;
  /** When the first entry of the open file was written; null: not yet known. */
  #begunAt: number | null = null;
  /** When somebody last looked whether it is still where it was. */
  #lookedAt = -Infinity;
  #cleanedAt = -Infinity;
  #rotateNotBefore = -Infinity;

  constructor(ring: HistoryRing, options: HistoryFileOptions, log: Log, now: () => number, file: LineFile) {
    this.#ring = ring;
    this.#options = options;
    this.#log = log;
    this.#now = now;
    this.#file = file;
    this.#cursor = ring.cursor();
  }

  /** Begins to write on a timer, and earlier when the ring fills quickly. */
  start(): void {
    let ticks = 0;
    this.#timer = setInterval(() => {
      // While it cannot be written it is tried at each tick: what waits in memory does so not for ever.
      if (this.#error === null && ++ticks * TICK < this.#options.every) return;
      ticks = 0;
      void this.flush();
    }, TICK);
    this.#timer.unref();
    this.#ring.wakeEachQuarter(() => {
      // While the disk is full, only the timer tries again: not every quarter of a busy ring.
      if (this.#error === null) setImmediate(() => void this.flush());
    });
  }

  /** Writes what is waiting. Never rejects: what goes wrong is logged and stands in `status`. */
  flush(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Writes what is waiting and closes the file. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#ring.wakeEachQuarter(null);
    // The run under way may have passed the end of the ring already.
    await this.#running;
    await this.flush();
    // When options change, queries go on: what came meanwhile is less each time.
    for (let more = LAST_ROUNDS; more > 0 && this.#error === null && this.#cursor.waiting > 0; more--)
      await this.flush();
    this.#lost += this.#ring.recorded - this.#cursor.at;
    this.#cursor = this.#ring.cursor();
    await this.#close();
  }

  /**
   * Forgets all: what the file holds, the rotated files, what waits to be written. Rejects with DotlsError
   * (ERR_DOTLS_HISTORY_FILE) when something of it cannot be removed.
   */
  async forget(): Promise<void> {
    await this.#running;
    // Nothing is written meanwhile: who wants to waits for this.
    const done = this.#forget();
    this.#running = done
      .catch(() => {})
      .finally(() => {
        this.#running = null;
      });
    await done;
  }

  status(): HistoryFileStatus {
    const overwritten = this.#ring.overwrittenSince(this.#cursor.at);
    return {
      path: this.#options.file,
      written: this.#written,
      lost: this.#lost + overwritten,
      error: this.#error,
    };
  }

  async #forget(): Promise<void> {
    this.#countLost(this.#cursor.takeLost());
    this.#cursor = this.#ring.cursor();
    try {
      await forgetFiles(this.#options.file, this.#file);
      this.#begunAt = null;
    } catch (error) {
      throw unforgettable(error);
    }
  }

  async #drain(): Promise<void> {
    try {
      this.#lookedAt = -Infinity;
      await this.#keepHouse();
      // What comes meanwhile waits for the next time: on a busy server it would be a few queries again and again.
      for (const end = this.#ring.recorded; this.#cursor.at < end && this.#cursor.waiting > 0;) {
        const file = await this.#ready();
        await this.#writeBatch(file, end - this.#cursor.at);
      }
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #writeBatch(file: LineFile, most: number): Promise<void> {
    const lines = this.#lines;
    lines.clear();
    const left = this.#options.rotate - file.size;
    const fitting = left > 0 ? Math.ceil(left / LINE) : BATCH;
    const count = this.#cursor.take(Math.min(BATCH, fitting, most), lines);
    this.#countLost(this.#cursor.takeLost());
    // Another thread is writing the next one.
    if (count === 0) return turn();
    try {
      await file.append(lines.bytes);
    } catch (error) {
      const done = error instanceof AppendError ? error.lines : 0;
      this.#written += done;
      this.#cursor = this.#ring.cursor(this.#cursor.at - count + done);
      throw error;
    }
    this.#written += count;
    this.#begunAt ??= this.#now();
    this.#worksAgain();
  }

  /** The file to append to: opened anew when somebody moved it, rotated when it is large or old enough. */
  async #ready(): Promise<LineFile> {
    const now = this.#now();
    if (Math.abs(now - this.#lookedAt) >= TICK) {
      this.#lookedAt = now;
      if (this.#file !== null && (await this.#file.isGone())) await this.#close();
    }
    let file = (this.#file ??= await LineFile.open(this.#options.file));
    if (file.regular && file.size > 0) {
      this.#begunAt ??= firstTime(await file.head()) ?? this.#now();
      if (this.#isDue(file, this.#begunAt) && (await this.#rotate())) {
        await this.#close();
        file = this.#file = await LineFile.open(this.#options.file);
      }
    }
    return file;
  }

  /** By age too: else a quiet server would never let go of old entries, whatever `keep` says. */
  #isDue(file: LineFile, begunAt: number): boolean {
    const now = this.#now();
    if (now < this.#rotateNotBefore) return false;
    return file.size >= this.#options.rotate || now - begunAt >= Math.min(DAY, this.#options.keep);
  }

  async #rotate(): Promise<boolean> {
    try {
      await rotate(this.#options.file, this.#now());
      await this.#clean();
      return true;
    } catch (error) {
      // Entries in a file that is too large are better than none.
      this.#rotateNotBefore = this.#now() + HOUR;
      this.#log.warn("the history file cannot be rotated, it grows on", { file: this.#options.file, error });
      return false;
    }
  }

  /** Once an hour, also when nobody asks anything: lets go of what is too old. */
  async #keepHouse(): Promise<void> {
    const now = this.#now();
    if (now - this.#cleanedAt < HOUR) return;
    await this.#ready();
    await this.#clean();
  }

  /** Removes rotated files so that there is room for one more. */
  async #clean(): Promise<void> {
    const { file, keep, total, rotate } = this.#options;
    const now = this.#now();
    this.#cleanedAt = now;
    try {
      await removeExcess(file, { keep, room: total - rotate }, now);
    } catch (error) {
      if (this.#oncePer("remove", DAY)) {
        this.#log.warn("old history files cannot be removed", { file: this.#options.file, error });
      }
    }
  }

  async #failed(error: unknown): Promise<void> {
    await this.#close();
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#error === null) {
      this.#log.error("the history file cannot be written; queries go on", {
        file: this.#options.file,
        error: reason,
      });
    }
    this.#error = reason;
  }

  #worksAgain(): void {
    if (this.#error === null) return;
    this.#error = null;
    this.#log.info("the history file is written again", { file: this.#options.file, lost: this.#lost });
  }

  #countLost(lost: number): void {
    if (lost === 0) return;
    this.#lost += lost;
    if (this.#error === null && this.#oncePer("lost", HOUR)) {
      this.#log.warn("queries come faster than the history file is written", {
        file: this.#options.file,
        lost,
      });
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#begunAt = null;
    try {
      await file?.close();
    } catch {
      // What close can report was already reported by a write; the handle is gone either way.
    }
  }
}

/**
 * Empties a history file and removes what was rotated away from it; `open`: the file, if somebody has it open. Emptied and
 * not removed, so that who still reads it does not keep it alive. Rejects with the error of the system.
 */
async function forgetFiles(file: string, open: LineFile | null): Promise<void> {
  if (open === null) await truncate(file).catch(unlessMissing);
  else await open.empty();
  for (const { path } of (await segmentsOf(file).catch(unlessMissing)) ?? []) await rm(path, { force: true });
}

/**
 * Forgets what is in a history file that no server writes to, and in those that were rotated away from it. Rejects with
 * DotlsError (ERR_DOTLS_HISTORY_FILE).
 */
export async function forgetHistoryFiles(file: string): Promise<void> {
  try {
    await forgetFiles(file, null);
  } catch (error) {
    throw unforgettable(error);
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function unforgettable(error: unknown): DotlsError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DotlsError("ERR_DOTLS_HISTORY_FILE", `cannot remove the history: ${reason}`, { cause: error });
}

/** When the first entry of a file was received; undefined when its first line is not an entry. */
function firstTime(head: string): number | undefined {
  const time = /^\{"v":\d+,"time":"([^"]+)"/.exec(head)?.[1];
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? undefined : at;
}
