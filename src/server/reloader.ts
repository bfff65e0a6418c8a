import { ConfigError, formatProblem } from "../config/config-error.ts";
import type { LoadedConfig } from "../config/load.ts";
import { warningsOf } from "../config/warnings.ts";
import type { ReloadReport } from "../control/status.ts";
import type { Log } from "../observe/log.ts";
import type { RunningServer } from "../server.ts";

/** What a reloader works with. */
export interface ReloaderOptions {
  /** Reads and checks the configuration. Throws ConfigError. */
  readonly load: () => LoadedConfig;
  readonly server: Pick<RunningServer, "reload" | "refused">;
  readonly log: Log;
  /** Called before a configuration is read. */
  readonly onBegin?: () => void;
  /** A new configuration is in force. */
  readonly onTaken?: (loaded: LoadedConfig, report: ReloadReport) => void;
  /** The one before stays; `why` in a line. */
  readonly onRefused?: (why: string) => void;
}

/**
 * Reads the configuration again when it is told to, by whomever, and says in the log what came of it. One after the other: who
 * asks while somebody waits already is content with that, as the file is read only then.
 */
export class Reloader {
  #options: ReloaderOptions;
  #running: Promise<unknown> = Promise.resolve();
  #waiting: Promise<ReloadReport> | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** `why` is for the log. Rejects with the reason, which is in the log already, when the configuration before stays. */
  reload(why: string): Promise<ReloadReport> {
    this.#waiting ??= this.#next(why);
    return this.#waiting;
  }

  async #next(why: string): Promise<ReloadReport> {
    const before = this.#running;
    const mine = before.then(() => {
      this.#waiting = null;
      return this.#reload(why);
    });
    this.#running = mine.catch(() => {});
    return mine;
  }

  async #reload(why: string): Promise<ReloadReport> {
    const { load, server, log, onBegin, onTaken, onRefused } = this.#options;
    onBegin?.();
    let loaded: LoadedConfig;
    let report: ReloadReport;
    try {
      loaded = load();
      report = await server.reload(loaded.config, loaded.origins);
    } catch (error) {
      const reasons =
        error instanceof ConfigError
          ? error.problems.map(formatProblem)
          : [error instanceof Error ? error.message : String(error)];
      for (const reason of reasons) {
        log.error(`${why}: the configuration before stays in force: ${reason}`);
      }
      server.refused();
      onRefused?.(reasons[0] ?? "");
      throw error;
    }
    const { needsRestart } = report;
    log.info(`${why}: the new configuration is in force`, { file: loaded.file });
    if (needsRestart.length > 0) {
      log.warn("the rest of it needs a restart", { keys: needsRestart.join(" ") });
    }
    for (const warning of warningsOf(loaded.config)) log.warn(warning);
    onTaken?.(loaded, report);
    return report;
  }
}
