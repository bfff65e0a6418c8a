import { setImmediate as nextTurn } from "node:timers/promises";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Config } from "../config/config.ts";
import type { Explanation, UpstreamTest } from "../control/explanation.ts";
import type { Sharing } from "../listen/batch/socket.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import type { QueryHandler } from "../listen/door.ts";
import { type ListenChange, Listeners } from "../listen/listeners.ts";
import type { PassedSocket } from "../listen/passed-socket.ts";
import type { Dnstap } from "../observe/dnstap/dnstap.ts";
import type { Log } from "../observe/log.ts";
import type { Observer } from "../observe/outcome.ts";
import type { ProbeBoard } from "../resolve/probe-board.ts";
import { dnstapFor } from "./dnstap.ts";
import { Generation, type Surroundings } from "./generation.ts";
import { LoopWatch } from "./loop-watch.ts";
import { blockOwn, bound } from "./own-doors.ts";
import type { UpstreamReport } from "./upstream-report.ts";
import { UpstreamFactory } from "./upstreams.ts";
import type { PreparedChange, ThreadLoad, Workforce } from "./workforce.ts";

export interface EngineOptions {
  readonly config: Config;
  readonly log: Log;
  /** Who hears how each query ended. */
  readonly observers: readonly Observer[];
  /** Where it counts what becomes of its messages for dnstap: `DNSTAP_COUNTS` numbers. */
  readonly dnstapCounts?: Float64Array;
  /** How many threads there are in all. */
  readonly threads?: number;
  /** Where answers are kept, as this thread sees it; without it none are. */
  readonly answers?: AnswerCache;
  /** Sockets that are there already. */
  readonly sockets?: readonly PassedSocket[];
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
export class Engine implements Workforce, QueryHandler {
  #around: Surroundings;
  #factory: UpstreamFactory;
  #loops: LoopWatch;
  #now: Generation;
  #listeners: Listeners | null = null;
  #dnstap: Dnstap | null;
  #lagMs = 0;
  #started = false;
  #diverted: readonly string[] | null = null;
  /** What is left of earlier generations: they answer what they have. */
  #retiring = new Set<Promise<void>>();
  #hurry = new AbortController();

  private constructor(
    around: Surroundings,
    factory: UpstreamFactory,
    loops: LoopWatch,
    first: Generation,
    dnstap: Dnstap | null,
  ) {
    this.#around = around;
    this.#factory = factory;
    this.#loops = loops;
    this.#now = first;
    this.#dnstap = dnstap;
  }

  /**
   * Opens the doors. No server out there is asked for it. Rejects with a DotlsError when an address cannot be had;
   * nothing is left open then.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { config, log, observers, answers = null, probes = null } = options;
    let engine: Engine | null = null;
    // What failed for want of a server may go well now.
    const factory = new UpstreamFactory(config, log, () => {
      if (engine !== null) engine.#now.resolver.forgetFailures();
    });
    const loops = new LoopWatch(log, probes);
    const dnstap = await dnstapFor(config, log, options.dnstapCounts, options.threads);
    const around = { factory, loops, observers, answers, log, tap: dnstap?.tap ?? null };
    const first = await Generation.make(config, around);
    engine = new Engine(around, factory, loops, first, dnstap);
    const events = {
      onAddress: (address: string, change: string): void => log.info(`local address ${change}`, { address }),
      onProblem: (error: Error): void => log.warn(error.message),
    };
    const { sharing = "later", sockets = [] } = options;
    const how = { io: config.io, sharing, passed: sockets, processes: config.shareListeners } as const;
    try {
      engine.#listeners = await Listeners.open(config.listen, engine, events, how);
    } catch (error) {
      first.end();
      throw error;
    }
    engine.#settle();
    dnstap?.start();
    return engine;
  }

  /** Whoever opened it, a door's queries go the way of the newest configuration. */
  handle(query: ClientQuery, reading: number): boolean {
    return this.#now.resolver.handle(query, reading);
  }

  get urls(): readonly string[] {
    return this.#listeners?.urls ?? [];
  }

  get upstreams(): readonly UpstreamReport[] {
    return this.#now.reports;
  }

  get loads(): readonly ThreadLoad[] {
    const { tcpClients = 0, refusedReplies = 0 } = this.#listeners ?? {};
    return [{ lagMs: this.#lagMs, clients: tcpClients, unsent: refusedReplies }];
  }

  /** It is all here, but for how long the event loop takes to come round. */
  async refresh(): Promise<boolean> {
    const asked = performance.now();
    await nextTurn();
    this.#lagMs = performance.now() - asked;
    return true;
  }

  async explain(name: Uint8Array, type: number, client: string | null): Promise<Explanation> {
    const { explain } = await import("./explain.ts");
    return explain(name, type, client, this.#now);
  }

  async test(label: string): Promise<readonly UpstreamTest[]> {
    const { testUpstream } = await import("./upstream-test.ts");
    const { upstreams, groups } = this.#now;
    const meant = upstreams.filter((upstream) => upstream.label === label);
    return Promise.all(meant.map((upstream) => testUpstream(upstream, groups.zoneOf(upstream))));
  }

  start(): void {
    this.#started = true;
    this.#loops.start();
    this.#warm();
  }

  divert(resolvers: readonly string[] | null): void {
    this.#diverted = resolvers;
    this.#now.divert(resolvers);
    this.#watch();
  }

  renew(): void {
    this.#factory.renew();
    for (const upstream of this.#now.upstreams) upstream.renew();
    this.#now.resolver.forgetFailures();
    this.#loops.look();
  }

  async prepare(config: Config): Promise<PreparedChange> {
    const next = await Generation.make(config, this.#around);
    let doors: ListenChange;
    try {
      doors = await this.#listeners!.prepare(config.listen);
    } catch (error) {
      next.end();
      throw error;
    }
    return {
      urls: doors.urls,
      commit: async () => this.#take(next, doors.commit()),
      abandon: async () => {
        next.end();
        await doors.abandon();
      },
    };
  }

  async stop(hurry?: AbortSignal): Promise<void> {
    hurry?.addEventListener("abort", () => this.#hurry.abort());
    if (hurry?.aborted === true) this.#hurry.abort();
    // Doors first, so that nothing new comes; what waits is answered by its deadline at the latest.
    if (this.#now.config.shareListeners) await this.#listeners?.leave();
    else this.#listeners?.deafen();
    await Promise.all([this.#now.drained(this.#hurry.signal), ...this.#retiring]);
    this.#now.resolver.stop();
    this.#loops.stop();
    await this.#listeners?.close(PATIENCE);
    this.divert(null);
    // What they have counted can still be read.
    for (const upstream of this.#now.upstreams) upstream.close();
    await this.#dnstap?.stop();
    await this.#factory.stop();
  }

  /** From this moment on queries go another way; what is on the old one gets its answers there. */
  #take(next: Generation, closeDoors: (patience: number) => Promise<void>): void {
    const before = this.#now;
    const earlier = [...this.#retiring];
    this.#now = next;
    this.#factory.follow(next.config);
    if (this.#diverted !== null) next.divert(this.#diverted);
    this.#settle();
    if (this.#started) this.#warm();
    before.retire();
    const over = async (): Promise<void> => {
      await before.drained(this.#hurry.signal);
      before.end();
      // Queries that came by these doors may wait in generations before that as well.
      await Promise.all(earlier);
      await closeDoors(PATIENCE);
    };
    const retiring = over().finally(() => this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
  }

  #settle(): void {
    blockOwn(this.#now.upstreams, bound(this.#now.config, this.urls));
    this.#watch();
  }

  #watch(): void {
    this.#loops.watch(this.#now.upstreams);
  }

  #warm(): void {
    for (const upstream of this.#now.upstreams) {
      if (this.#now.config.tls.prewarm) upstream.warm();
      else upstream.cool();
    }
  }
}
