import type { Config } from "./config/config.ts";
import { formatDnstap } from "./config/dnstap-address.ts";
import type { Status } from "./control/status.ts";
import { DotlsError } from "./errors.ts";
import { dnstapStatus } from "./observe/dnstap/status.ts";
import { History } from "./observe/history.ts";
import { insightsOf } from "./observe/insights.ts";
import type { HistoryRing } from "./observe/history-ring.ts";
import type { Log } from "./observe/log.ts";
import { Trend } from "./observe/trend.ts";
import { isOwnAddress } from "./resolve/self-address.ts";
import { makeBypass } from "./server/bypass.ts";
import { type Controls, openControls } from "./server/controls.ts";
import { planCrew } from "./server/crew.ts";
import { KeptAnswers } from "./server/kept-answers.ts";
import { observation } from "./server/observation.ts";
import { bound } from "./server/own-doors.ts";
import { statusOfReport } from "./server/upstream-report.ts";
import type { Workforce } from "./server/workforce.ts";
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
}

/** A server that answers. */
export interface RunningServer {
  /** The bound addresses with their real ports, in the order of the configuration: `udp://127.0.0.1:5300`. */
  readonly urls: readonly string[];
  /** Where the API is served over HTTP: `http://127.0.0.1:8053`; null: nowhere. */
  readonly controlUrl: string | null;
  readonly history: HistoryRing;
  /** Asks the workers how their upstreams are: what `status` says of them may be a second old, with more than one. */
  refresh(): Promise<void>;
  status(): Status;
  /** Stops: takes no more queries, answers those it has, writes the history, closes all. */
  stop(): Promise<void>;
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
  const cache = await KeptAnswers.open(config, log);
  const crew = await planCrew(config, cache?.answers ?? null);
  const history = await History.start(crew.ledger.history, config.history, log);
  let workforce: Workforce;
  try {
    workforce = await crew.open(log);
  } catch (error) {
    await history.stop();
    throw error;
  }
  const { urls } = workforce;
  const isOwn = (address: string): boolean =>
    isOwnAddress({ transport: "udp", address, port: 53 }, bound(config, urls));
  const bypass = makeBypass(config, workforce, isOwn, log);

  function status(): Status {
    return {
      version,
      pid: process.pid,
      startedAt: startedAt.toISOString(),
      uptime: Math.round((Date.now() - startedAt.getTime()) / 1000),
      config: options.configFile ?? null,
      listeners: urls,
      workers: crew.workers,
      upstreams: workforce.upstreams.map(statusOfReport),
      queries: crew.ledger.snapshot(),
      bypass: bypass.status(),
      cache: cache?.status(crew.ledger.cacheCounts()) ?? null,
      history: {
        kept: history.kept,
        size: config.history.size,
        file: history.file,
      },
      ...(config.dnstap.to && {
        dnstap: dnstapStatus(formatDnstap(config.dnstap.to), crew.ledger.dnstapCounts),
      }),
    };
  }

  const trend = new Trend({ counters: () => crew.ledger.snapshot(), servers: () => workforce.upstreams });
  let stopping = false;
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
      trend,
      insights: () => insightsOf(history.ring, config.history.privacy),
      observe: observation({
        config,
        origins: options.origins ?? new Map(),
        workforce,
        tally: () => crew.ledger.tally(),
        status,
        startedAt,
        ready: () => (stopping ? "the server stops" : null),
      }),
      flush: (what) => {
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
  return {
    urls,
    controlUrl: control.url,
    history: history.ring,
    refresh: async () => {
      await workforce.refresh();
    },
    status,
    stop: async () => {
      stopping = true;
      changes.stop();
      trend.stop();
      await workforce.stop();
      await cache?.save();
      bypass.close("the server stops");
      await control.close();
      await history.stop();
    },
  };
}

const wordsFor: Record<Change, string> = {
  "wake-up": "this machine slept, or its clock was set forward",
  clock: "the clock was set back",
  network: "the addresses of this machine changed",
};
