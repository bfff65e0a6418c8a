import {
  type HistoryFile,
  type HistoryFileOptions,
  type HistoryFileStatus,
  openHistoryFile,
  startHistoryFile,
} from "./history-file.ts";
import type { HistoryRing } from "./history-ring.ts";
import type { Log } from "./log.ts";

/** How often what is too old is looked for in memory, in milliseconds. */
const SWEEP = 60_000;

export interface HistoryOptions extends Omit<HistoryFileOptions, "file"> {
  /** How long a query is kept in memory as well, in milliseconds. */
  readonly keep: number;
  /** Null: memory alone. */
  readonly file: string | null;
}

/** Other options whose file is open already. */
export interface HistoryChange {
  /** They count from now on; what is waiting still goes to the old file. Never rejects. */
  commit(): Promise<void>;
  /** They do not; nothing is left of them. */
  abandon(): Promise<void>;
}

/** What is known of the queries of a running server: in memory, and in a file where there is one. */
export class History {
  readonly ring: HistoryRing;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #keep: number;
  #file: HistoryFile | null;

  private constructor(
    ring: HistoryRing,
    keep: number,
    log: Log,
    now: () => number,
    file: HistoryFile | null,
  ) {
    this.ring = ring;
    this.#keep = keep;
    this.#log = log;
    this.#now = now;
    this.#file = file;
    this.#timer = setInterval(() => this.sweep(), SWEEP);
    this.#timer.unref();
  }

  /**
   * Begins to write the file, if there is one, and to let go of what is too old. `now` is the wall clock. Rejects with
   * DotlsError (ERR_DOTLS_HISTORY_FILE) when the file cannot be opened.
   */
  static async start(
    ring: HistoryRing,
    options: HistoryOptions,
    log: Log,
    now: () => number = () => Date.now(),
  ): Promise<History> {
    return new History(ring, options.keep, log, now, await openFile(ring, options, log, now));
  }

  /**
   * Opens what other options need; nothing has changed yet. Rejects as `start` does, and nothing is left open then.
   */
  async prepare(options: HistoryOptions): Promise<HistoryChange> {
    const { file, keep } = options;
    const opened = file === null ? null : await openHistoryFile(this.ring, file, this.#log, this.#now);
    return {
      commit: async () => {
        await this.#file?.stop();
        this.#keep = keep;
        this.#file = file === null ? null : opened!.start({ ...options, file });
        this.sweep();
      },
      abandon: async () => opened?.abandon(),
    };
  }

  /** Of the file; null when there is none. */
  get file(): HistoryFileStatus | null {
    return this.#file?.status() ?? null;
  }

  /** How many queries memory holds. */
  get kept(): number {
    return this.ring.recorded - this.ring.oldest;
  }

  /** Lets go of what has been in memory for too long. */
  sweep(): void {
    this.ring.forgetBefore(this.#now() - this.#keep);
  }

  /**
   * Forgets all queries, in memory, in the file and in the files that were rotated away. Gives how many memory held. Rejects
   * with DotlsError (ERR_DOTLS_HISTORY_FILE) when a file cannot be removed; memory is empty all the same.
   */
  async forget(): Promise<number> {
    const forgotten = this.ring.forget();
    await this.#file?.forget();
    return forgotten;
  }

  /** Writes what is waiting, and stops. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#file?.stop();
  }
}

async function openFile(
  ring: HistoryRing,
  options: HistoryOptions,
  log: Log,
  now: () => number,
): Promise<HistoryFile | null> {
  const { file } = options;
  return file === null ? null : startHistoryFile(ring, { ...options, file }, log, now);
}
