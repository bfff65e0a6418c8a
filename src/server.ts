import type { Config } from "./config/config.ts";
import type { ControlServer } from "./control/control-server.ts";
import type { ControlSources } from "./control/routes.ts";
import type { Status } from "./control/status.ts";
import { DotlsError } from "./errors.ts";
import { Listeners } from "./listen/listeners.ts";
import { Counters } from "./observe/counters.ts";
import { type HistoryFile, startHistoryFile } from "./observe/history-file.ts";
import { HistoryRing } from "./observe/history-ring.ts";
import type { Log } from "./observe/log.ts";
import { Resolver } from "./resolve/resolver.ts";
import { isOwnAddress } from "./resolve/self-address.ts";
import { makeBypass } from "./server/bypass.ts";
import { makeGroups } from "./server/groups.ts";
import { LoopWatch } from "./server/loop-watch.ts";
import { blockOwn, bound } from "./server/own-doors.ts";
import { upstreamStatus } from "./server/upstream-status.ts";
import { UpstreamFactory } from "./server/upstreams.ts";
import { type Change, ChangeWatch } from "./upstream/change-watch.ts";
import { packageVersion } from "./version.ts";

export interface ServerOptions {
  readonly log: Log;
  /** The configuration file, for the status; null: none. */
  readonly configFile?: string | null;
  /** Run on without a control socket when it cannot be made: right when nobody asked for it by name. */
  readonly controlOptional?: boolean;
}

/** A server that answers. */
export interface RunningServer {
  /** The bound addresses with their real ports, in the order of the configuration: `udp://127.0.0.1:5300`. */
  readonly urls: readonly string[];
  readonly history: HistoryRing;
  status(): Status;
  /** Stops: takes no more queries, answers those it has, writes the history, closes all. */
  stop(): Promise<void>;
}

/** How long clients and the history may take when the server stops, beyond the deadline of their queries, in ms. */
const PATIENCE = 500;

/**
 * Builds a server from a checked configuration and opens its doors. No server out there is asked for it: it starts
 * without a network. Rejects with a DotlsError when an address, a file or the control socket cannot be had; nothing is
 * left open then.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { log } = options;
  const startedAt = new Date();
  const version = packageVersion();
  const factory = new UpstreamFactory(config, log);
  const groups = await makeGroups(config, factory, log);
  const { routes } = groups;
  const upstreams = factory.made;
  const history = new HistoryRing(config.history.size);
  const counters = new Counters();
  const loops = new LoopWatch(log);
  const resolver = new Resolver({
    allow: config.access.allow,
    routes,
    localNames: config.localNames,
    retryRcodes: new Set(config.retryRcodes),
    loops,
    timeout: config.timeout,
    observers: [counters, history],
  });
  const file = config.history.file === null ? null : await openHistory(config, history, log);
  let listeners: Listeners | null = null;
  let control: ControlServer | null = null;
  const isOwn = (address: string): boolean =>
    isOwnAddress({ transport: "udp", address, port: 53 }, bound(config, listeners?.urls ?? []));
  const bypass = makeBypass(config, groups, isOwn, log);
  const changes = new ChangeWatch((change) => {
    log.info(`${wordsFor[change]}: connecting anew`);
    factory.renew();
    for (const upstream of upstreams) upstream.renew();
    loops.look(upstreams);
  });

  function status(): Status {
    return {
      version,
      pid: process.pid,
      startedAt: startedAt.toISOString(),
      uptime: Math.round((Date.now() - startedAt.getTime()) / 1000),
      config: options.configFile ?? null,
      listeners: listeners?.urls ?? [],
      upstreams: upstreams.map(upstreamStatus),
      queries: counters.snapshot(),
      bypass: bypass.status(),
      history: {
        kept: history.recorded - history.oldest,
        size: config.history.size,
        file: file?.status() ?? null,
      },
    };
  }

  try {
    listeners = await Listeners.open(config.listen, resolver, {
      onAddress: (address, change) => log.info(`local address ${change}`, { address }),
      onProblem: (error) => log.warn(error.message),
    });
    blockOwn(upstreams, bound(config, listeners.urls));
    control = await openControl(config, options, { status, history, bypass });
  } catch (error) {
    changes.stop();
    await listeners?.close(0);
    await file?.stop();
    throw error;
  }
  const open = listeners;
  loops.start(upstreams);
  if (config.tls.prewarm) for (const upstream of upstreams) upstream.warm();
  return {
    urls: open.urls,
    history,
    status,
    stop: async () => {
      // Doors first, so that nothing new comes; what waits is answered by its deadline at the latest.
      open.deafen();
      await drained(resolver, config.timeout);
      resolver.stop();
      bypass.close("the server stops");
      changes.stop();
      loops.stop();
      await open.close(PATIENCE);
      for (const upstream of upstreams) upstream.close();
      await factory.stop();
      await control?.close();
      await file?.stop();
    },
  };
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
  // Loaded only where it is used: an HTTP stack is a good part of the time to the first answer.
  const { startControl } = await import("./control/control-server.ts");
  try {
    return await startControl({ path, ...sources });
  } catch (error) {
    if (options.controlOptional !== true || !(error instanceof DotlsError)) throw error;
    options.log.warn(`no control socket: ${error.message}`);
    return null;
  }
}

/** Resolves when nothing waits for a server any more, or `most` ms have passed. */
async function drained(resolver: Resolver, most: number): Promise<void> {
  const end = performance.now() + most;
  while (resolver.outstanding > 0 && performance.now() < end) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

const wordsFor: Record<Change, string> = {
  "wake-up": "this machine slept, or its clock was set forward",
  clock: "the clock was set back",
  network: "the addresses of this machine changed",
};
