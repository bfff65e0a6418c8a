import { setImmediate as nextTurn } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { Explanation, UpstreamTest } from "../control/explanation.ts";
import type { Sharing } from "../listen/batch/socket.ts";
import { Listeners } from "../listen/listeners.ts";
import type { Dnstap } from "../observe/dnstap/dnstap.ts";
import type { Log } from "../observe/log.ts";
import type { Observer } from "../observe/outcome.ts";
import type { CacheOptions } from "../resolve/cache-stage.ts";
import type { ProbeBoard } from "../resolve/probe-board.ts";
import { Resolver } from "../resolve/resolver.ts";
import type { Group } from "../upstream/group.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { dnstapFor } from "./dnstap.ts";
import { type Groups, makeGroups } from "./groups.ts";
import { LoopWatch } from "./loop-watch.ts";
import { blockOwn, bound } from "./own-doors.ts";
import { type UpstreamReport, upstreamReport } from "./upstream-report.ts";
import { UpstreamFactory } from "./upstreams.ts";
import type { ThreadLoad, Workforce } from "./workforce.ts";

export interface EngineOptions {
  readonly config: Config;
  readonly log: Log;
  /** Who hears how each query ended. */
  readonly observers: readonly Observer[];
  /** Where it counts what becomes of its messages for dnstap: `DNSTAP_COUNTS` numbers. */
  readonly dnstapCounts?: Float64Array;
  /** Where answers are kept; without it none are. */
  readonly cache?: CacheOptions;
  /** With several threads: how this one's doors are to be opened beside those of the others. */
  readonly sharing?: Sharing;
  /** With several threads: the probes for loops that all of them have out. */
  readonly probes?: ProbeBoard;
}

/** How long clients may take to read their answers when the engine stops, in ms. */
const PATIENCE = 500;

/**
 * All that answers queries in one thread: doors, the path of a query, and the servers out there. It needs nothing of
 * the process around it, so that there can be several in one.
 */
export class Engine implements Workforce {
  #config: Config;
  #factory: UpstreamFactory;
  #groups: Groups;
  #resolver: Resolver;
  #loops: LoopWatch;
  #listeners: Listeners | null = null;
  /** What the bypass leads to while it is open. */
  #plain: Group | null = null;
  /** How many servers the configuration has; those behind them are of the bypass. */
  #configured: number;
  #cache: CacheOptions | null;
  #dnstap: Dnstap | null;
  #lagMs = 0;

  private constructor(
    config: Config,
    factory: UpstreamFactory,
    groups: Groups,
    dnstap: Dnstap | null,
    options: EngineOptions,
  ) {
    this.#config = config;
    this.#factory = factory;
    this.#groups = groups;
    this.#configured = factory.made.length;
    this.#cache = options.cache ?? null;
    this.#dnstap = dnstap;
    this.#loops = new LoopWatch(options.log, options.probes ?? null);
    this.#resolver = new Resolver({
      allow: config.access.allow,
      routes: groups.routes,
      localNames: config.localNames,
      retryRcodes: new Set(config.retryRcodes),
      loops: this.#loops,
      timeout: config.timeout,
      observers: options.observers,
      ...(options.cache && { cache: options.cache }),
      ...(dnstap && { tap: dnstap.tap }),
    });
  }

  /**
   * Opens the doors. No server out there is asked for it. Rejects with a DotlsError when an address cannot be had;
   * nothing is left open then.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { config, log } = options;
    let resolver: Resolver | null = null;
    // What failed for want of a server may go well now.
    const factory = new UpstreamFactory(config, log, () => resolver?.forgetFailures());
    const groups = await makeGroups(config, factory, log);
    const dnstap = await dnstapFor(config, log, options.dnstapCounts);
    const engine = new Engine(config, factory, groups, dnstap, options);
    resolver = engine.#resolver;
    engine.#listeners = await Listeners.open(
      config.listen,
      engine.#resolver,
      {
        onAddress: (address, change) => log.info(`local address ${change}`, { address }),
        onProblem: (error) => log.warn(error.message),
      },
      { io: config.io, sharing: options.sharing ?? "alone" },
    );
    blockOwn(factory.made, bound(config, engine.urls));
    dnstap?.start();
    return engine;
  }

  get urls(): readonly string[] {
    return this.#listeners?.urls ?? [];
  }

  get upstreams(): readonly UpstreamReport[] {
    return this.#made.map((upstream, at) =>
      upstreamReport(upstream, this.#factory.protocols.get(upstream)!, at >= this.#configured),
    );
  }

  get loads(): readonly ThreadLoad[] {
    const { clients = 0, unsent = 0 } = this.#listeners ?? {};
    return [{ lagMs: this.#lagMs, clients, unsent }];
  }

  /** All servers, in the order of the configuration, those of the bypass behind them. */
  get #made(): readonly Upstream[] {
    return this.#factory.made;
  }

  /** It is all here, but for how long the event loop takes to come round. */
  async refresh(): Promise<boolean> {
    const asked = performance.now();
    await nextTurn();
    this.#lagMs = performance.now() - asked;
    return true;
  }

  async explain(name: Uint8Array, type: number): Promise<Explanation> {
    const { explain } = await import("./explain.ts");
    return explain(name, type, { config: this.#config, groups: this.#groups, cache: this.#cache });
  }

  async test(label: string): Promise<readonly UpstreamTest[]> {
    const { testUpstream } = await import("./upstream-test.ts");
    return Promise.all(
      this.#made.filter((upstream) => upstream.label === label).map((upstream) => testUpstream(upstream)),
    );
  }

  start(): void {
    this.#loops.start(this.#made);
    if (this.#config.tls.prewarm) for (const upstream of this.#made) upstream.warm();
  }

  divert(resolvers: readonly string[] | null): void {
    this.#groups.routes.divert(null);
    if (this.#plain !== null) this.#groups.release(this.#plain);
    this.#plain = resolvers === null ? null : this.#groups.plain(resolvers);
    this.#groups.routes.divert(this.#plain);
  }

  renew(): void {
    this.#factory.renew();
    for (const upstream of this.#made) upstream.renew();
    this.#resolver.forgetFailures();
    this.#loops.look(this.#made);
  }

  async stop(): Promise<void> {
    // Doors first, so that nothing new comes; what waits is answered by its deadline at the latest.
    this.#listeners?.deafen();
    await drained(this.#resolver, this.#config.timeout);
    this.#resolver.stop();
    this.#loops.stop();
    await this.#listeners?.close(PATIENCE);
    this.divert(null);
    for (const upstream of this.#made) upstream.close();
    await this.#dnstap?.stop();
    await this.#factory.stop();
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
