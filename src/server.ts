import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config/config.ts";
import type { ControlServer } from "./control/control-server.ts";
import type { ControlSources } from "./control/routes.ts";
import type { ReloadReport, Status } from "./control/status.ts";
import { DotlsError } from "./errors.ts";
import type { PassedSocket } from "./listen/passed-socket.ts";
import { checkHistoryFile, type HistoryFile, startHistoryFile } from "./observe/history-file.ts";
import type { HistoryRing } from "./observe/history-ring.ts";
import type { Log } from "./observe/log.ts";
import { isOwnAddress } from "./resolve/self-address.ts";
import type { Account } from "./server/account.ts";
import { makeBypass } from "./server/bypass.ts";
import { planCrew } from "./server/crew.ts";
import { applicable } from "./server/fixed-options.ts";
import { KeptAnswers } from "./server/kept-answers.ts";
import { bound } from "./server/own-doors.ts";
import { checkPassed } from "./server/systemd/passed-sockets.ts";
import type { PreparedChange, Workforce } from "./server/workforce.ts";
import { type Change, ChangeWatch } from "./upstream/change-watch.ts";
import { packageVersion } from "./version.ts";

export interface ServerOptions {
  readonly log: Log;
  /** The configuration file, for the status; null: none. */
  readonly configFile?: string | null;
  /** Run on without a control socket when it cannot be made: right when nobody asked for it by name. */
  readonly controlOptional?: boolean;
  /** Reads the configuration again and calls `RunningServer.reload`, for who asks over the control socket. */
  readonly reload?: () => Promise<ReloadReport>;
  /** Sockets that systemd has passed; each must stand in `listen`. */
  readonly sockets?: readonly PassedSocket[];
}

/** A server that answers. */
export interface RunningServer {
  /** The bound addresses with their real ports, in the order of the configuration: `udp://127.0.0.1:5300`. */
  readonly urls: readonly string[];
  readonly history: HistoryRing;
  /** Whether queries should be sent here: false from the moment on in which it is told to stop. */
  readonly ready: boolean;
  /** Asks the workers how their upstreams are: what `status` says of them may be a second old, with more than one. */
  refresh(): Promise<void>;
  status(): Status;
  /**
   * Takes over another checked configuration without losing a query: doors and connections that both have stay open, as
   * does the cache, without what it has of servers that are not to be asked any more. What needs a restart is left as it is,
   * and named. Rejects with a DotlsError when something of it cannot be had; then all goes on as before. One after the other.
   */
  reload(config: Config): Promise<ReloadReport>;
  /**
   * Stops: goes on for as long as `lameduck` says, takes no more queries then, answers those it has, writes the history,
   * closes all. `hurry`: nobody is to be waited for any more.
   */
  stop(hurry?: AbortSignal): Promise<void>;
}

/**
 * Builds a server from a checked configuration and opens its doors. No server out there is asked for it: it starts
 * without a network. Rejects with a DotlsError when an address, a file or the control socket cannot be had; nothing is
 * left open then.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { log } = options;
  const startedAt = new Date();
  const version = packageVersion();
  const { sockets = [] } = options;
  checkPassed(sockets, config.listen);
  const account = config.user === null ? null : (await import("./server/account.ts")).accountOf(config);
  const cache = await KeptAnswers.open(config, log, account?.uid);
  const crew = await planCrew(config, cache?.answers ?? null, undefined, undefined, sockets);
  const { history } = crew.ledger;
  const workforce = await crew.open(log);
  let file: HistoryFile | null;
  try {
    // What is made from here on belongs to the account.
    if (account !== null) await becomeAccount(account, config);
    file = config.history.file === null ? null : await openHistory(config, history, log);
  } catch (error) {
    await workforce.stop();
    throw error;
  }
  let running = config;
  let ready = true;
  const isOwn = (address: string): boolean =>
    isOwnAddress({ transport: "udp", address, port: 53 }, bound(running, workforce.urls));
  const bypass = makeBypass(config, workforce, isOwn, log);

  function status(): Status {
    return {
      version,
      pid: process.pid,
      startedAt: startedAt.toISOString(),
      uptime: Math.round((Date.now() - startedAt.getTime()) / 1000),
      config: options.configFile ?? null,
      listeners: workforce.urls,
      workers: crew.workers,
      upstreams: workforce.upstreams,
      queries: crew.ledger.snapshot(),
      bypass: bypass.status(),
      cache: cache?.status(crew.ledger.cacheCounts()) ?? null,
      history: {
        kept: history.recorded - history.oldest,
        size: history.size,
        file: file?.status() ?? null,
      },
    };
  }

  let control: ControlServer | null;
  try {
    control = await openControl(config, options, {
      status: async () => {
        await workforce.refresh();
        return status();
      },
      history,
      bypass,
      ready: () => ready,
      ...(options.reload && { reload: options.reload }),
      flush: (what) => {
        if (cache !== null) return cache.flush(what);
        throw new DotlsError("ERR_DOTLS_NO_CACHE", "no answers are kept: cache.size is 0");
      },
    });
  } catch (error) {
    await workforce.stop();
    await file?.stop();
    throw error;
  }
  const changes = new ChangeWatch((change) => {
    log.info(`${wordsFor[change]}: connecting anew`);
    workforce.renew();
  });
  workforce.start();
  let changing: Promise<unknown> = Promise.resolve();

  async function reload(wanted: Config): Promise<ReloadReport> {
    if (!ready) throw new DotlsError("ERR_DOTLS_RELOAD", "the server stops");
    const { config: next, pending } = applicable(running, wanted);
    const newHistory = !isDeepStrictEqual(next.history, running.history);
    if (newHistory && next.history.file !== null) await checkHistory(next, history);
    checkPassed(sockets, next.listen);
    const change = await prepare(workforce, next);
    await change.commit();
    running = next;
    if (cache !== null) await forget(cache, next);
    bypass.allow(next.bypass);
    log.setLevel?.(next.log.level);
    if (newHistory) {
      await file?.stop();
      file = next.history.file === null ? null : await openHistory(next, history, log);
    }
    return { listeners: workforce.urls, needsRestart: pending };
  }

  return {
    get urls() {
      return workforce.urls;
    },
    get ready() {
      return ready;
    },
    history,
    refresh: () => workforce.refresh(),
    status,
    reload: (wanted) => {
      const mine = changing.then(() => reload(wanted));
      changing = mine.catch(() => {});
      return mine;
    },
    stop: async (hurry) => {
      ready = false;
      await changing;
      await sleep(running.lameduck, hurry);
      changes.stop();
      await workforce.stop(hurry);
      await cache?.save();
      bypass.close("the server stops");
      await control?.close();
      await file?.stop();
    },
  };
}

async function becomeAccount(account: Account, config: Config): Promise<void> {
  const { become, makeFolders } = await import("./server/account.ts");
  makeFolders(account, config);
  become(account);
}

/** Makes a configuration ready, and says more when what it needs is for root. */
async function prepare(workforce: Workforce, config: Config): Promise<PreparedChange> {
  try {
    return await workforce.prepare(config);
  } catch (error) {
    if (config.user === null) throw error;
    throw (await import("./server/account.ts")).explained(error, config);
  }
}

/** Waits so many ms, less when there is a hurry. */
async function sleep(milliseconds: number, hurry: AbortSignal | undefined): Promise<void> {
  if (milliseconds === 0) return;
  // Nothing else may hold the process by now.
  await pause(milliseconds, undefined, hurry && { signal: hurry }).catch(() => {});
}

/** How often, and how many ms apart, it is tried to forget what is out of date. */
const ATTEMPTS = 40;
const ATTEMPT_PAUSE = 50;

/** Forgets what does not hold under a new configuration, as soon as the other threads let us. */
async function forget(cache: KeptAnswers, config: Config): Promise<void> {
  const changed = cache.follow(config);
  for (let left = ATTEMPTS; ; left--) {
    try {
      cache.forget(changed);
      return;
    } catch (error) {
      const isBusy = error instanceof DotlsError && error.code === "ERR_DOTLS_CACHE_BUSY";
      if (!isBusy || left === 1) throw error;
      await pause(ATTEMPT_PAUSE);
    }
  }
}

/** Whether the history file of a new configuration can be written. Rejects as `openHistory` does. */
async function checkHistory(config: Config, ring: HistoryRing): Promise<void> {
  await checkHistoryFile(ring, config.history.file ?? "");
}

async function openHistory(config: Config, ring: HistoryRing, log: Log): Promise<HistoryFile> {
  const { file, rotate, keep } = config.history;
  return startHistoryFile(ring, { file: file ?? "", rotate, keep }, log);
}

async function openControl(
  config: Config,
  options: ServerOptions,
  sources: ControlSources,
): Promise<ControlServer | null> {
  const path = config.control.socket;
  if (path === null) return null;
  // The doors are open: who asks already is answered before the rest is loaded.
  await nextTurn();
  const { startControl } = await import("./control/control-server.ts");
  try {
    return await startControl({ path, ...sources });
  } catch (error) {
    if (options.controlOptional !== true || !(error instanceof DotlsError)) throw error;
    options.log.warn(`no control socket: ${error.message}`);
    return null;
  }
}

const wordsFor: Record<Change, string> = {
  "wake-up": "this machine slept, or its clock was set forward",
  clock: "the clock was set back",
  network: "the addresses of this machine changed",
};
