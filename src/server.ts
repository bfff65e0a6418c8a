import { readCa } from "./config/ca-file.ts";
import type { CaSource, Config } from "./config/config.ts";
import type { ControlServer } from "./control/control-server.ts";
import type { Status } from "./control/status.ts";
import { Rcode } from "./dns/rcode.ts";
import { DotlsError } from "./errors.ts";
import { Listeners } from "./listen/listeners.ts";
import { Counters } from "./observe/counters.ts";
import { type HistoryFile, startHistoryFile } from "./observe/history-file.ts";
import { HistoryRing } from "./observe/history-ring.ts";
import type { Log } from "./observe/log.ts";
import { Resolver } from "./resolve/resolver.ts";
import { Connection } from "./upstream/connection.ts";
import { dial } from "./upstream/dial.ts";
import { Group } from "./upstream/group.ts";
import { failover } from "./upstream/policy/failover.ts";
import { Form } from "./upstream/query-writer.ts";
import type { LinkOwner } from "./upstream/link.ts";
import { TicketStore } from "./upstream/tickets.ts";
import { TrustAnchors } from "./upstream/trust-anchors.ts";
import { Upstream } from "./upstream/upstream.ts";
import { upstreamLog } from "./upstream-log.ts";
import { upstreamStatus } from "./upstream-status.ts";
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

/** Errors of a server that another one may not have. */
const RETRY_RCODES: ReadonlySet<number> = new Set([
  Rcode.SERVFAIL,
  Rcode.REFUSED,
  Rcode.NOTIMP,
  Rcode.FORMERR,
]);

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
  const upstreams = makeUpstreams(config, log);
  const history = new HistoryRing(config.history.size);
  const counters = new Counters();
  const resolver = new Resolver({
    allow: config.access.allow,
    group: new Group(upstreams, failover),
    retryRcodes: RETRY_RCODES,
    timeout: config.timeout,
    observers: [counters, history],
  });
  const file = config.history.file === null ? null : await openHistory(config, history, log);
  let listeners: Listeners | null = null;
  let control: ControlServer | null = null;

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
    control = await openControl(config, options, status, history);
  } catch (error) {
    await listeners?.close(0);
    await file?.stop();
    throw error;
  }
  const open = listeners;
  return {
    urls: open.urls,
    history,
    status,
    stop: async () => {
      // Doors first, so that nothing new comes; what waits is answered by its deadline at the latest.
      open.deafen();
      await drained(resolver, config.timeout);
      resolver.stop();
      await open.close(PATIENCE);
      for (const upstream of upstreams) upstream.close();
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
  status: () => Status,
  history: HistoryRing,
): Promise<ControlServer | null> {
  const path = config.control.socket;
  if (path === null) return null;
  // Loaded only where it is used: an HTTP stack is a good part of the time to the first answer.
  const { startControl } = await import("./control/control-server.ts");
  try {
    return await startControl({ path, status, history });
  } catch (error) {
    if (options.controlOptional !== true || !(error instanceof DotlsError)) throw error;
    options.log.warn(`no control socket: ${error.message}`);
    return null;
  }
}

/** Every address of an upstream is a server of its own, in the order of the configuration. */
function makeUpstreams(config: Config, log: Log): Upstream[] {
  const tickets = new TicketStore();
  const events = upstreamLog(log);
  const anchorsOf = new Map<string, TrustAnchors>();
  const anchors = (source: CaSource): TrustAnchors => {
    const key = JSON.stringify(source);
    const known = anchorsOf.get(key) ?? new TrustAnchors(readCa(source));
    anchorsOf.set(key, known);
    return known;
  };
  return config.upstreams.flatMap((spec) =>
    spec.addresses.map((address) => {
      const label = spec.addresses.length === 1 ? spec.label : `${spec.label} (${address})`;
      const target = {
        address,
        port: spec.port,
        name: spec.name,
        pins: spec.pins,
        anchors: anchors(spec.tls.ca),
        minVersion: spec.tls.minVersion,
      };
      const open = (owner: LinkOwner): Connection =>
        new Connection(owner, Form.TLS, (listener) => dial(target, tickets, listener));
      return new Upstream(label, target, open, events);
    }),
  );
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
