import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { AnswerCache } from "../cache/answer-cache.ts";
import { CacheCounter } from "../cache/counters.ts";
import { createCacheMemory } from "../cache/memory.ts";
import type { Config, UpstreamSpec } from "../config/config.ts";
import type { CacheStatus } from "../control/status.ts";
import { parseName } from "../dns/name.ts";
import { DotlsError } from "../errors.ts";
import type { Log } from "../observe/log.ts";
import { type Destinations, destinationsOf, zonesChanged } from "./destinations.ts";
import { readResolvConf } from "./own-resolv-conf.ts";

const ROOT = new Uint8Array(1);

/** How long a change of configuration waits for a thread that holds the memory, and how long between two tries, ms. */
const PATIENCE = 2000;
const PAUSE = 50;

/** How often it is tried after that, ms. */
const LATER = 3000;

/** The cache of a server as a whole: from its file into memory, back again, and what there is to say about it. */
export class KeptAnswers {
  /** As this thread sees them. Who answers queries has an object of its own over the same memory. */
  readonly answers: AnswerCache;
  #config: Config;
  #destinations: Destinations;
  #log: Log;
  /** The zones of which it may have what servers have said that are not to be asked any more; null: all is well. */
  #due: Set<string> | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** The last removal: they go one after the other, so that all together hold up queries no more than one does. */
  #removing: Promise<unknown> = Promise.resolve();
  #over = false;

  private constructor(answers: AnswerCache, config: Config, log: Log) {
    this.answers = answers;
    this.#config = config;
    this.#destinations = destinationsOf(config, readResolvConf());
    this.#log = log;
  }

  /**
   * Null when the configuration wants no cache. What the file has is in it, unless the file cannot be used, which is said in
   * the log. `owner`: the id of the user who may have written it, beside root. Rejects with DotlsError (ERR_DOTLS_CACHE_SIZE) when there is not so much memory.
   */
  static async open(
    config: Config,
    log: Log,
    owner: number | undefined = process.geteuid?.(),
  ): Promise<KeptAnswers | null> {
    const { size, file } = config.cache;
    if (size === 0) return null;
    if (file === null) return new KeptAnswers(new AnswerCache(createCacheMemory(size)), config, log);
    const { loadCache } = await import("../cache/load-cache.ts");
    const { memory, restored, dropped } = loadCache(file, size, undefined, purposeOf(config), owner);
    if (dropped !== null) log.warn(dropped.message);
    const kept = new KeptAnswers(new AnswerCache(memory), config, log);
    if (restored) {
      const { positives, negatives } = kept.answers.usage();
      log.info("answers were read from the file of the cache", { answers: positives + negatives, file });
    }
    return kept;
  }

  /**
   * To be called when all threads go by a new configuration: forgets all failures, and what servers have said that are not
   * to be asked any more. Resolves when that is done; where another thread does not let go of the memory, after two seconds:
   * then it is said in the log, and done when it can be. Never rejects.
   */
  async follow(config: Config): Promise<void> {
    const before = this.#destinations;
    this.#config = config;
    this.#destinations = destinationsOf(config, readResolvConf());
    this.#due = new Set([...(this.#due ?? []), ...zonesChanged(before, this.#destinations)]);
    for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(PAUSE)) {
      if (await this.#forgetDue()) return;
    }
    this.#log.error("a thread holds the memory of the cache: earlier answers are not forgotten yet");
    this.#timer ??= setInterval(() => void this.#forgetDue(), LATER).unref();
  }

  /** Forgets what is due. False when another thread does not let it. */
  async #forgetDue(): Promise<boolean> {
    const due = this.#due;
    if (due === null) return true;
    // They may be those of servers that are gone; who is asked now has not failed yet.
    this.answers.tick();
    this.answers.forgetFailures();
    try {
      if (due.has(".")) await this.#inTurn(() => this.answers.clear());
      else {
        const names = Array.from(due, (zone) => parseName(zone, ROOT));
        await Promise.all(names.map((name) => this.#inTurn(() => this.answers.removeBelow(name))));
      }
    } catch (error) {
      if (error instanceof DotlsError && error.code === "ERR_DOTLS_CACHE_BUSY") return false;
      throw error;
    }
    // Else there is more by now, and who added it comes by here.
    if (this.#due === due) this.#due = null;
    clearInterval(this.#timer);
    this.#timer = undefined;
    return this.#due === null;
  }

  /**
   * Writes them to the file of the configuration, if there is one, when all that is to be forgotten is. To be called when no
   * query is answered any more: the thread does nothing else meanwhile. What goes wrong is said in the log.
   */
  async save(): Promise<void> {
    // What somebody was told is forgotten must not come back out of the file.
    this.#over = true;
    await this.#removing;
    const { file } = this.#config.cache;
    clearInterval(this.#timer);
    if (file === null) return;
    if (!(await this.#forgetDue())) {
      this.#log.error("the cache is not saved: a thread that is gone holds its memory");
      return;
    }
    const { saveCache } = await import("../cache/save-cache.ts");
    try {
      saveCache(this.answers, file, Date.now(), purposeOf(this.#config));
    } catch (error) {
      if (!(error instanceof DotlsError)) throw error;
      this.#log.error(error.message);
    }
  }

  /**
   * Forgets answers: of a name, of a zone and all names below it (`*.corp.example`), or, with null, all. Gives how many that
   * were, when none of them is left. Rejects with PresentationError (ERR_DOTLS_BAD_TEXT) when it is no name, DotlsError
   * (ERR_DOTLS_CACHE_BUSY) when another thread does not let go, (ERR_DOTLS_NO_CACHE) when they are saved already.
   */
  async flush(what: string | null): Promise<number> {
    if (this.#over)
      throw new DotlsError("ERR_DOTLS_NO_CACHE", "the server stops, and keeps no answers any more");
    if (what === null) return this.#inTurn(() => this.answers.clear());
    const below = /^\*\.(?=.)/.exec(what);
    const name = parseName(below === null ? what : what.slice(below[0].length), ROOT);
    return this.#inTurn(() => (below === null ? this.answers.remove(name) : this.answers.removeBelow(name)));
  }

  #inTurn(remove: () => Promise<number>): Promise<number> {
    const mine = this.#removing.then(remove);
    this.#removing = mine.catch(() => {});
    return mine;
  }

  /** `counts` of all threads together, by the constants of `CacheCounter`. */
  status(counts: Float64Array): CacheStatus {
    const { size, used, positives, negatives, failures } = this.answers.usage();
    return {
      size,
      used,
      entries: positives + negatives,
      negatives,
      failures,
      stored: counts[CacheCounter.STORES]!,
      evicted: counts[CacheCounter.EVICTIONS]!,
      file: this.#config.cache.file,
    };
  }
}

/**
 * What the answers depend on: which servers are asked for which names. Answers of one route must not answer for another, so
 * a file is of no use when it is another route that a name takes now.
 */
function purposeOf({ upstreams, routes, cluster }: Config): Uint8Array {
  const place = ({ protocol, addresses, port, name, path }: UpstreamSpec): unknown => [
    protocol,
    addresses,
    port,
    name,
    path,
  ];
  const all = [
    upstreams.map(place),
    routes.map((route) => [
      route.match.map(({ suffix, apex }) => [suffix, apex]),
      route.upstreams.map(place),
    ]),
    cluster,
  ];
  return createHash("sha256").update(JSON.stringify(all)).digest().subarray(0, 16);
}
