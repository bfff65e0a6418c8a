import { isDeepStrictEqual } from "node:util";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Config } from "../config/config.ts";
import type { Explanation, UpstreamTest } from "../control/explanation.ts";
import { DotlsError } from "../errors.ts";
import { ListenError, listenUrl } from "../listen/listen-error.ts";
import { Counters } from "../observe/counters.ts";
import type { Log } from "../observe/log.ts";
import { ProbeBoard } from "../resolve/probe-board.ts";
import { explained } from "./account.ts";
import { mergedUpstreams, retiredUpstreams } from "./merged-upstreams.ts";
import { bound } from "./own-doors.ts";
import { type Reply, Worker } from "./worker.ts";
import { mergedLog } from "./worker-log.ts";
import type { UpstreamReport } from "./upstream-report.ts";
import type { Call, ToWorker, WorkerFailure } from "./worker-messages.ts";
import type { PreparedChange, ThreadLoad, Workforce } from "./workforce.ts";

export interface PoolOptions {
  readonly config: Config;
  readonly log: Log;
  /** For `Counters`: as many as there are to be workers. */
  readonly counters: readonly SharedArrayBuffer[];
  /** For `HistoryRing`. */
  readonly history: SharedArrayBuffer;
  /** Where each worker counts what it does for dnstap. */
  readonly dnstapCounters: readonly SharedArrayBuffer[];
  /** The cache as this thread sees it, and where each worker counts what it does with it; null: there is none. */
  readonly cache: { readonly seen: AnswerCache; readonly counters: readonly SharedArrayBuffer[] } | null;
  /** A quarter of the history is new. */
  readonly onWake: () => void;
}

/** The pauses before a worker is replaced that keeps dying, in ms: at once at first, then each twice the one before. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** One that has lived for so long, in ms, did not die of what its predecessor died of. */
const LONG_LIFE = 60_000;

/** How long a worker may take to stop beyond the deadline of its queries, in ms. */
const PATIENCE = 2000;

interface Place {
  worker: Worker | null;
  /** As which it writes to the cache. */
  owner: number | null;
  /** Deaths in a row. */
  deaths: number;
  bornAt: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Several engines, each in a thread of its own with its own sockets and connections. The kernel divides the queries among
 * the sockets. A worker that dies is replaced, the others go on.
 */
export class WorkerPool implements Workforce {
  #options: PoolOptions;
  /** As it was given. */
  #asked: Config;
  /** With the ports that the first worker got. */
  #config: Config;
  /** While it changes no worker is replaced: a new one could have either configuration. */
  #changing = false;
  #urls: readonly string[] = [];
  #places: readonly Place[];
  #probes = new SharedArrayBuffer(ProbeBoard.BYTES);
  #diverted: readonly string[] | null = null;
  #started = false;
  #stopping = false;
  #say: ReturnType<typeof mergedLog>;
  /** What workers that are gone have counted. */
  #retired: readonly UpstreamReport[] = [];

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#asked = options.config;
    this.#config = options.config;
    this.#say = mergedLog(options.log);
    this.#places = options.counters.map(() => ({
      worker: null,
      owner: null,
      deaths: 0,
      bornAt: 0,
      timer: null,
    }));
  }

  /** Starts the workers; resolves when all of them answer. Rejects with the DotlsError of the first that cannot. */
  static async open(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      pool.#urls = await pool.#hire(0, true);
      // Who came first has chosen the ports.
      pool.#config = { ...options.config, listen: bound(options.config, pool.#urls) };
      const others = pool.#places.slice(1);
      await Promise.all(others.map((_, at) => pool.#hire(at + 1, false)));
    } catch (error) {
      pool.#stopping = true;
      await Promise.all(pool.#workers.map((worker) => worker.kill()));
      throw error;
    }
    return pool;
  }

  get urls(): readonly string[] {
    return this.#urls;
  }

  get upstreams(): readonly UpstreamReport[] {
    return mergedUpstreams(
      this.#workers.map(({ upstreams }) => upstreams),
      this.#retired,
    );
  }

  get loads(): readonly ThreadLoad[] {
    return this.#workers.map(({ load }) => load);
  }

  async refresh(): Promise<boolean> {
    const answered = await Promise.all(this.#workers.map((worker) => worker.refresh()));
    return answered.length === this.#places.length && answered.every((one) => one);
  }

  async explain(name: Uint8Array, type: number, client: string | null): Promise<Explanation> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a worker gives for this call (worker-entry.ts)
    return (await this.#call({ what: "explain", name, type, client })) as Explanation;
  }

  async test(label: string): Promise<readonly UpstreamTest[]> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
    return (await this.#call({ what: "test", label })) as readonly UpstreamTest[];
  }

  /** Any of them can say it. */
  async #call(call: Call): Promise<unknown> {
    const result = await this.#workers[0]?.call(call);
    if (result === undefined || result === null)
      throw new DotlsError("ERR_DOTLS_WORKER", "the worker that was asked is gone; try again");
    return result;
  }

  start(): void {
    this.#started = true;
    this.#tell({ kind: "start" });
  }

  divert(resolvers: readonly string[] | null): void {
    this.#diverted = resolvers;
    this.#tell({ kind: "divert", resolvers });
  }

  renew(): void {
    this.#tell({ kind: "renew" });
  }

  async prepare(config: Config): Promise<PreparedChange> {
    this.#changing = true;
    // One that has just been hired has the configuration of that moment.
    await Promise.all(this.#workers.map((worker) => worker.opening));
    const workers = this.#workers;
    const [first, ...others] = workers;
    let real = this.#withPorts(config);
    try {
      if (first === undefined) throw new DotlsError("ERR_DOTLS_WORKER", "no worker lives at this moment");
      // Who comes first chooses the ports.
      real = { ...real, listen: bound(real, preparedUrls(await first.prepare(real))) };
      const replies = await Promise.all(others.map((worker) => worker.prepare(real)));
      for (const reply of replies) preparedUrls(reply);
    } catch (error) {
      await this.#settle(workers, false);
      throw error;
    }
    return {
      urls: real.listen.map(({ transport, address, port }) => listenUrl(transport, address, port)),
      commit: async () => {
        this.#asked = config;
        this.#config = real;
        await this.#settle(workers, true);
        this.#urls = real.listen.map(({ transport, address, port }) => listenUrl(transport, address, port));
      },
      abandon: () => this.#settle(workers, false),
    };
  }

  async #settle(workers: readonly Worker[], commit: boolean): Promise<void> {
    await Promise.all(workers.map((worker) => worker.settle(commit)));
    this.#changing = false;
    for (const [number, { worker, timer }] of this.#places.entries()) {
      if (worker === null && timer === null && !this.#stopping) this.#replace(number);
    }
  }

  /** Where the system chose a port and is to choose again, it is the same. */
  #withPorts(config: Config): Config {
    const known = this.#asked.listen.map((one, at) => ({ one, port: this.#config.listen[at]!.port }));
    const listen = config.listen.map((wanted) => {
      const at = known.findIndex(({ one }) => wanted.port === 0 && isDeepStrictEqual(one, wanted));
      return at < 0 ? wanted : { ...wanted, port: known.splice(at, 1)[0]!.port };
    });
    return { ...config, listen };
  }

  async stop(hurry?: AbortSignal): Promise<void> {
    this.#stopping = true;
    const most = this.#config.timeout + PATIENCE;
    for (const { timer } of this.#places) if (timer !== null) clearTimeout(timer);
    await Promise.all(this.#workers.map((worker) => worker.stop(most, hurry)));
    // One that had to be cut off may have been writing: then nobody could save the cache.
    for (const { owner } of this.#places) if (owner !== null) this.#options.cache?.seen.ownerDied(owner);
  }

  get #workers(): Worker[] {
    return this.#places.flatMap(({ worker }) => worker ?? []);
  }

  #tell(message: ToWorker): void {
    for (const worker of this.#workers) worker.tell(message);
  }

  /** Starts a worker at its place. Gives its addresses; rejects with a DotlsError when it cannot open them. */
  async #hire(number: number, first: boolean): Promise<readonly string[]> {
    const { counters, history, dnstapCounters, cache } = this.#options;
    const place = this.#places[number]!;
    const worker = new Worker(
      {
        config: this.#config,
        number,
        workers: counters.length,
        counters: counters[number]!,
        history,
        dnstapCounts: dnstapCounters[number]!,
        cache: cache && { memory: cache.seen.memory, counters: cache.counters[number]! },
        probes: this.#probes,
        diverted: this.#diverted,
        first,
      },
      {
        onLog: (level, message, fields) => this.#say(number, level, message, fields),
        onWake: this.#options.onWake,
        onDeath: (dead, why) => this.#bury(number, dead, why),
      },
    );
    place.worker = worker;
    place.bornAt = performance.now();
    // What is said to a worker before its doors are open it hears then.
    if (this.#started) worker.tell({ kind: "start" });
    const opening = await worker.opening;
    if (opening.kind === "failed") {
      place.worker = null;
      // Whatever it has opened by now must not stay open.
      void worker.kill();
      throw failureOf(opening);
    }
    place.owner = opening.owner;
    return opening.urls;
  }

  #bury(number: number, dead: Worker, why: string): void {
    const place = this.#places[number]!;
    if (place.worker !== dead) return;
    place.worker = null;
    // It may have been writing.
    if (place.owner !== null) this.#options.cache?.seen.ownerDied(place.owner);
    place.owner = null;
    // Its queries get no answer any more.
    new Counters(this.#options.counters[number]).tally.abandon();
    this.#retired = mergedUpstreams([this.#retired, retiredUpstreams(dead.upstreams)]);
    if (this.#stopping) return;
    if (performance.now() - place.bornAt > LONG_LIFE) place.deaths = 0;
    this.#options.log.error("a worker has died, another one takes its place", { worker: number + 1, why });
    if (!this.#changing) this.#replace(number);
  }

  #replace(number: number): void {
    const place = this.#places[number]!;
    const pause = place.deaths === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (place.deaths - 1));
    place.deaths++;
    place.timer = setTimeout(() => {
      place.timer = null;
      void this.#hireAgain(number);
    }, pause);
  }

  async #hireAgain(number: number): Promise<void> {
    const { log } = this.#options;
    if (this.#changing) return;
    try {
      await this.#hire(number, false);
      if (!this.#stopping) log.info("the new worker answers", { worker: number + 1 });
    } catch (error) {
      if (this.#stopping) return;
      log.error("a worker cannot be replaced, it is tried again", {
        worker: number + 1,
        error: explained(error, this.#config),
      });
      this.#replace(number);
    }
  }
}

/** The addresses of a configuration that is ready. Throws why it is not. */
function preparedUrls(reply: Reply): readonly string[] {
  if (reply.kind === "failed") throw failureOf(reply);
  return reply.kind === "prepared" ? reply.urls : [];
}

/** The error as the engine threw it in its thread. */
function failureOf({ code, message, listen }: WorkerFailure): DotlsError {
  if (listen === null) return new DotlsError(code, message);
  const cause = Object.assign(new Error(message), { code: listen.errno });
  return new ListenError(listen.url, Number(/\d+$/.exec(listen.url)?.[0]), cause);
}
