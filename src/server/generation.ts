import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../observe/log.ts";
import type { Observer } from "../observe/outcome.ts";
import type { Tap } from "../observe/tap.ts";
import type { CacheOptions } from "../resolve/cache-stage.ts";
import { Resolver } from "../resolve/resolver.ts";
import type { Stage } from "../resolve/stage.ts";
import type { Group } from "../upstream/group.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { cacheFor } from "./answer-memory.ts";
import { type Groups, makeGroups } from "./groups.ts";
import { type UpstreamReport, upstreamReport } from "./upstream-report.ts";
import { UpstreamLease } from "./upstream-lease.ts";
import type { UpstreamFactory } from "./upstreams.ts";

/** What all generations of an engine have in common. */
export interface Surroundings {
  readonly factory: UpstreamFactory;
  readonly loops: Stage;
  readonly observers: readonly Observer[];
  /** Null: no answers are kept. */
  readonly answers: AnswerCache | null;
  readonly log: Log;
  /** Who sees the messages on the wire; null: nobody. */
  readonly tap: Tap | null;
}

/** How often it is looked whether all is answered, in ms. */
const LOOK = 10;

/**
 * What one configuration makes of an engine: the path of a query, the routes, the groups of servers. The next configuration
 * makes another one; this one then answers what it has and is over.
 */
export class Generation {
  readonly config: Config;
  readonly resolver: Resolver;
  readonly groups: Groups;
  /** Where answers are kept, and how; null: nowhere. */
  readonly cache: CacheOptions | null;
  #lease: UpstreamLease;
  /** How many servers the configuration has; those behind them are of the bypass. */
  #configured: number;
  /** What the bypass leads to while it is open. */
  #plain: Group | null = null;

  private constructor(config: Config, groups: Groups, lease: UpstreamLease, around: Surroundings) {
    this.config = config;
    this.groups = groups;
    this.#lease = lease;
    this.#configured = lease.upstreams.length;
    const { answers, loops, observers, tap } = around;
    this.cache = answers && cacheFor(config.cache, answers);
    this.resolver = new Resolver({
      allow: config.access.allow,
      routes: groups.routes,
      localNames: config.localNames,
      retryRcodes: new Set(config.retryRcodes),
      loops,
      timeout: config.timeout,
      observers,
      ...(this.cache && { cache: this.cache }),
      ...(tap && { tap }),
    });
  }

  /** No server is asked for it. Rejects when trust anchors cannot be read, with nothing left over. */
  static async make(config: Config, around: Surroundings): Promise<Generation> {
    const lease = new UpstreamLease(around.factory);
    try {
      const groups = await makeGroups(config, lease, around.log);
      return new Generation(config, groups, lease, around);
    } catch (error) {
      lease.end();
      throw error;
    }
  }

  /** All servers, in the order of the configuration, those of the bypass behind them. */
  get upstreams(): readonly Upstream[] {
    return this.#lease.upstreams;
  }

  /** What is known of them, in the same order. */
  get reports(): UpstreamReport[] {
    return this.upstreams.map((upstream, at) => {
      const isOfBypass = at >= this.#configured;
      return upstreamReport(
        upstream,
        this.#lease.protocolOf(upstream),
        isOfBypass,
        this.#lease.faceOf(upstream),
      );
    });
  }

  /** Sends what no route takes to these plain resolvers, until null is given. */
  divert(resolvers: readonly string[] | null): void {
    this.groups.routes.divert(null);
    if (this.#plain !== null) this.#lease.release(this.#plain.upstreams);
    this.#plain = resolvers === null ? null : this.groups.plain(resolvers);
    this.groups.routes.divert(this.#plain);
  }

  /** It gets no more queries, and puts nothing into the cache any more: another one may ask other servers for the same names. */
  retire(): void {
    this.resolver.retire();
  }

  /** Resolves when nothing waits for a server any more, when all has run out of time, or when `hurry` says so. */
  async drained(hurry: AbortSignal): Promise<void> {
    const end = performance.now() + this.config.timeout;
    while (this.resolver.outstanding > 0 && performance.now() < end && !hurry.aborted) {
      await new Promise<void>((resolve) => {
        setTimeout(resolve, LOOK);
      });
    }
  }

  /** Answers what still waits with SERVFAIL and lets go of its servers. */
  end(): void {
    this.resolver.stop();
    this.#lease.end();
  }
}
