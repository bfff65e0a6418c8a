import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config/config.ts";
import { formatDnstap } from "./config/dnstap-address.ts";
import type { ReloadReport, Status } from "./control/status.ts";
import { DotlsError } from "./errors.ts";
import type { PassedSocket } from "./listen/passed-socket.ts";
import { dnstapStatus } from "./observe/dnstap/status.ts";
import { History } from "./observe/history.ts";
import { insightsOf } from "./observe/insights.ts";
import type { HistoryRing } from "./observe/history-ring.ts";
import type { Log } from "./observe/log.ts";
import { Trend } from "./observe/trend.ts";
import { isOwnAddress } from "./resolve/self-address.ts";
import type { Account } from "./server/account.ts";
import { makeBypass } from "./server/bypass.ts";
import { type Controls, openControls } from "./server/controls.ts";
import { planCrew } from "./server/crew.ts";
import { applicable } from "./server/fixed-options.ts";
import { KeptAnswers } from "./server/kept-answers.ts";
import { observation, type Running } from "./server/observation.ts";
import { bound } from "./server/own-doors.ts";
import { checkPassed } from "./server/systemd/passed-sockets.ts";
import { statusOfReport } from "./server/upstream-report.ts";
import type { PreparedChange, Workforce } from "./server/workforce.ts";
import { type Change, ChangeWatch } from "./upstream/change-watch.ts";
import { packageVersion } from "./version.ts";

export interface ServerOptions {
  readonly log: Log;
  /** The configuration file, for the status; null: none. */
  readonly configFile?: string | null;
  /** For every option where its value comes from, as `loadConfig` gives it; not there: a program has set them. */
  readonly origins?: ReadonlyMap<string, string>;
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
  /** Where the API is served over HTTP: `http://127.0.0.1:8053`; null: nowhere, or not yet. */
  readonly controlUrl: string | null;
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
  reload(config: Config, origins?: ReadonlyMap<string, string>): Promise<ReloadReport>;
  /** A new configuration could not even be read: the metrics say that the last reload has failed. */
  refused(): void;
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
  if (crew.why !== null)
    log.info(`${crew.workers === 1 ? "1 worker" : `${crew.workers} workers`}: ${crew.why}`);
  const workforce = await crew.open(log);
  let history: History;
  try {
    // What is made from here on belongs to the account.
    if (account !== null) await becomeAccount(account, config);
    history = await History.start(crew.ledger.history, config.history, log);
  } catch (error) {
    await workforce.stop();
    throw error;
  }
  let running: Running = {
    config,
    origins: options.origins ?? new Map(),
    since: startedAt,
    lastReloadOk: true,
  };
  const isOwn = (address: string): boolean =>
    isOwnAddress({ transport: "udp", address, port: 53 }, bound(running.config, workforce.urls));
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
      ...(crew.why !== null && { workersWhy: crew.why }),
      upstreams: workforce.upstreams.map(statusOfReport),
      queries: crew.ledger.snapshot(),
      bypass: bypass.status(),
      cache: cache?.status(crew.ledger.cacheCounts()) ?? null,
      history: {
        kept: history.kept,
        size: history.ring.size,
        file: history.file,
      },
      ...(config.dnstap.to && {
        dnstap: dnstapStatus(formatDnstap(config.dnstap.to), crew.ledger.dnstapCounts),
      }),
    };
  }

  const trend = new Trend({ counters: () => crew.ledger.snapshot(), servers: () => workforce.upstreams });
  let ready = true;
  let control: Controls;
  try {
    control = await openControls(config, options, {
      status: async () => {
        await workforce.refresh();
        return status();
      },
      history: history.ring,
      forget: () => history.forget(),
      bypass,
      ...(options.reload && { reload: options.reload }),
      trend,
      insights: () => insightsOf(history.ring, running.config.history.privacy),
      observe: observation({
        running: () => running,
        workforce,
        tally: () => crew.ledger.tally(),
        status,
        startedAt,
        ready: () => (ready ? null : "the server stops"),
      }),
      flush: async (what) => {
        if (cache !== null) return cache.flush(what);
        throw new DotlsError("ERR_DOTLS_NO_CACHE", "no answers are kept: cache.size is 0");
      },
    });
  } catch (error) {
    await workforce.stop();
    await history.stop();
    throw error;
  }
  // Without a way to the API nobody can ask for it.
  if (!control.none) trend.start();
  const changes = new ChangeWatch((change) => {
    log.info(`${wordsFor[change]}: connecting anew`);
    workforce.renew();
  });
  workforce.start();
  let changing: Promise<unknown> = Promise.resolve();

  async function reload(wanted: Config, origins: ReadonlyMap<string, string>): Promise<ReloadReport> {
    if (!ready) throw new DotlsError("ERR_DOTLS_RELOAD", "the server stops");
    try {
      return await takeOver(wanted, origins);
    } catch (error) {
      refused();
      throw error;
    }
  }

  function refused(): void {
    running = { ...running, lastReloadOk: false };
  }

  async function takeOver(wanted: Config, origins: ReadonlyMap<string, string>): Promise<ReloadReport> {
    const { config: next, pending } = applicable(running.config, wanted);
    checkPassed(sockets, next.listen);
    const newHistory = !isDeepStrictEqual(next.history, running.config.history);
    const files = newHistory ? await history.prepare(next.history) : null;
    let change: PreparedChange;
    try {
      change = await prepare(workforce, next);
    } catch (error) {
      await files?.abandon();
      throw error;
    }
    // All that can be refused is behind us: what comes now must not fail, or there would be half of each.
    await change.commit();
    running = { config: next, origins, since: new Date(), lastReloadOk: true };
    bypass.allow(next.bypass);
    log.setLevel?.(next.log.level);
    await files?.commit();
    await cache?.follow(next);
    return { listeners: workforce.urls, needsRestart: pending };
  }

  return {
    get urls() {
      return workforce.urls;
    },
    get ready() {
      return ready;
    },
    get controlUrl() {
      return control.url;
    },
    history: history.ring,
    refresh: async () => {
      await workforce.refresh();
    },
    status,
    reload: (wanted, origins) => {
      const mine = changing.then(() => reload(wanted, origins ?? new Map()));
      changing = mine.catch(() => {});
      return mine;
    },
    refused,
    stop: async (hurry) => {
      ready = false;
      await changing;
      await sleep(running.config.lameduck, hurry);
      changes.stop();
      trend.stop();
      await workforce.stop(hurry);
      await cache?.save();
      bypass.close("the server stops");
      await control.close();
      await history.stop();
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

const wordsFor: Record<Change, string> = {
  "wake-up": "this machine slept, or its clock was set forward",
  clock: "the clock was set back",
  network: "the addresses of this machine changed",
};
