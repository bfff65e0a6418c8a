import type { AnswerCache } from "../cache/answer-cache.ts";
import { EVERY_TYPE, Found } from "../cache/cache-reader.ts";
import { Kind } from "../cache/kind.ts";
import { isDue } from "../cache/prefetch.ts";
import { refreshes, STALE_TTL } from "../cache/stale.ts";
import { Flag } from "../dns/header.ts";
import type { QueryView } from "../dns/query-view.ts";
import type { ReplyView } from "../dns/reply-view.ts";
import type { ExtraError } from "../dns/reply-writer.ts";
import { RrType } from "../dns/rrtype.ts";
import { type StoredAnswer, writeStored } from "../dns/stored-reply.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Source } from "../observe/outcome.ts";
import { Ancestors } from "./ancestors.ts";
import { CutAnswer } from "./cut-answer.ts";
import { Extra } from "./extra-errors.ts";
import { type KeepRules, Keeper } from "./keeper.ts";
import { type Stage, Step } from "./stage.ts";
import { StaleWaits } from "./stale-waits.ts";

export interface CacheOptions {
  readonly cache: AnswerCache;
  readonly rules: KeepRules;
  /** Whether what is over its time is given before a server is asked (RFC 8767 section 5), not only when it fails. */
  readonly staleAtOnce: boolean;
  readonly prefetch: boolean;
}

/** Which names have servers of their own, and which leave by the bypass at present. */
export interface CacheRoutes {
  covers(query: QueryView): boolean;
  diverts(query: QueryView): boolean;
}

/** What the stage needs of those around it. */
export interface CacheSurroundings {
  /** Sends what was written to the last room of the query's door; the query ends with it. */
  sent(query: ClientQuery, length: number): void;
  /** Asks a server the question of this query once more, for the cache alone. False when there is too much to do for that. */
  fetch(query: ClientQuery): boolean;
}

/** For how many seconds a refresh is claimed whose end is never heard of, as its thread died. */
const CLAIM = 30;

/** TTLs as they have aged. */
const AGED = -1;

/**
 * Answers from memory. A fresh answer goes from the shared bytes into the room that it is sent from: no promise, no object,
 * no decoding, one copy. All else happens on the way to a server: an NXDOMAIN of the whole name or of one above it, a
 * failure that is not to be repeated yet, an answer over its time.
 */
export class CacheStage implements Stage {
  #cache: AnswerCache;
  #keeper: Keeper;
  #routes: CacheRoutes;
  #around: CacheSurroundings;
  #prefetch: boolean;
  #staleAtOnce: boolean;
  #servesStale: boolean;
  #waits: StaleWaits;
  #retired = false;
  #tickedAt = -1;
  #ancestors = new Ancestors();
  #cut: CutAnswer;

  constructor(options: CacheOptions, routes: CacheRoutes, around: CacheSurroundings) {
    this.#cache = options.cache;
    this.#keeper = new Keeper(options.cache, options.rules);
    this.#cut = new CutAnswer(options.cache);
    this.#prefetch = options.prefetch;
    this.#staleAtOnce = options.staleAtOnce;
    this.#servesStale = options.rules.staleFor > 0;
    this.#routes = routes;
    this.#around = around;
    this.#waits = new StaleWaits((query) => {
      if (this.rescue(query)) query.settled = true;
    });
  }

  enter(query: ClientQuery): number {
    // Through the bypass answers another network, for as long as it is open: it must neither see ours nor leave its own.
    if (this.#routes.diverts(query)) return Step.NEXT;
    const cache = this.#cache;
    query.cacheable = true;
    // Queries that came together came at one time.
    if (query.receivedAt !== this.#tickedAt) {
      this.#tickedAt = query.receivedAt;
      cache.tick();
    }
    const found = cache.find(query);
    query.known = found !== Found.MISS;
    if (found !== Found.FRESH) return this.#search(query, found);
    const due = this.#prefetch && isDue(cache.lifetime, cache.left, cache.hits);
    if (!this.#give(query, cache, AGED, null, Source.CACHE)) return Step.NEXT;
    // The reply is on its way: what follows may write to the same door.
    if (due) this.#refresh(query);
    return Step.SENT;
  }

  leave(query: ClientQuery, reply: ReplyView | null): void {
    this.#waits.remove(query);
    if (!query.cacheable) return;
    if ((this.#retired || !this.#keeps(query, reply)) && query.known) this.#cache.giveBack(query);
  }

  /** False when nothing is kept, or only that it failed. */
  #keeps(query: ClientQuery, reply: ReplyView | null): boolean {
    if (reply !== null) return this.#keeper.answer(query, reply);
    this.#keeper.silence(query);
    return false;
  }

  /**
   * Gives the client what memory has though its time is over, as the servers gave `reply`, or nothing in time. False when
   * there is nothing, or when the reply is an answer, good or bad (RFC 8767 section 4).
   */
  rescue(query: ClientQuery, reply: ReplyView | null = null): boolean {
    if (!this.#servesStale || !query.cacheable || (reply !== null && refreshes(reply.rcode))) return false;
    this.#cache.tick();
    return this.#findStale(query) && this.#giveStale(query);
  }

  /**
   * A stage behind this one answers the query instead of letting it wait: its door may use the object again at once, so
   * nothing here may remember it. True when the client was given what memory has though its time is over.
   */
  turnedAway(query: ClientQuery): boolean {
    this.#waits.remove(query);
    return this.rescue(query);
  }

  /** Forgets all failures: there is reason to think that the next attempt goes better. */
  forgetFailures(): void {
    // Another thread may have remembered some since this one looked at the clock.
    this.#cache.tick();
    this.#cache.forgetFailures();
  }

  /** Keeps nothing from now on: what comes in was asked of servers that may not be the right ones any more. */
  retire(): void {
    this.#retired = true;
  }

  /** To be called when no query waits any more. */
  stop(): void {
    this.#waits.stop();
  }

  /** There is no fresh answer under the question itself; `own` says what there is. */
  #search(query: ClientQuery, own: number): number {
    const cache = this.#cache;
    // The parent's side of a zone cut may be at another server than the rest of the name.
    const denials = cache.hasNegatives;
    const every = !denials || query.type === RrType.DS ? Found.MISS : cache.find(query, EVERY_TYPE);
    if (every !== Found.MISS) query.known = true;
    if (every === Found.FRESH) {
      if (this.#give(query, cache, AGED, null, Source.CACHE)) return Step.SENT;
    } else if (denials && this.#findCut(query) && this.#give(query, this.#cut, AGED, null, Source.CACHE)) {
      return Step.SENT;
    }
    const failure = cache.findFailure(query);
    const stale = this.#servesStale && (own === Found.STALE || every === Found.STALE);
    if (stale && this.#findStale(query)) {
      if (failure === Found.FRESH) return this.#giveStale(query) ? Step.SENT : Step.NEXT;
      // It failed the last time: whether it goes better now is found out without a client that waits for it.
      if (failure === Found.STALE || this.#staleAtOnce) return this.#giveAndRefresh(query);
      this.#waits.add(query);
      return Step.NEXT;
    }
    if (failure !== Found.FRESH || cache.findFailure(query) !== Found.FRESH) return Step.NEXT;
    query.error = "failed a moment ago, and not asked again yet";
    if (this.#give(query, cache, AGED, Extra.cachedError, Source.CACHE)) return Step.SENT;
    query.error = null;
    return Step.NEXT;
  }

  #giveAndRefresh(query: ClientQuery): number {
    if (!this.#giveStale(query)) return Step.NEXT;
    this.#refresh(query);
    return Step.SENT;
  }

  /** Has what was given fetched anew, unless somebody does that already, or it failed a moment ago (RFC 9520 section 3.2). */
  #refresh(query: ClientQuery): void {
    const cache = this.#cache;
    if (!cache.claim(CLAIM)) return;
    if (cache.findFailure(query) === Found.FRESH || !this.#around.fetch(query)) cache.giveBack(query);
  }

  /**
   * Whether a name above is known not to exist: then neither does this one (RFC 8020). Only where validation says so, as
   * many servers deny names that others are below of. Names with servers of their own are asked there, whatever others
   * know of those above.
   */
  #findCut(query: ClientQuery): boolean {
    if (this.#routes.covers(query)) return false;
    const cache = this.#cache;
    const ancestors = this.#ancestors;
    ancestors.start(query);
    while (ancestors.up()) {
      if (cache.find(ancestors, EVERY_TYPE) === Found.FRESH && (cache.flags & Flag.AD) !== 0) {
        this.#cut.take(query.nameLength, query.nameLength - ancestors.nameLength);
        return true;
      }
    }
    return false;
  }

  /** Finds what the question, or the whole name, was answered last: that which is newer. */
  #findStale(query: ClientQuery): boolean {
    const cache = this.#cache;
    const own = cache.find(query) === Found.MISS ? Infinity : cache.age;
    // What is said of DS is said by the parent, which may be another server: it holds for DS alone.
    if (query.type === RrType.DS) return own < Infinity;
    const every = cache.find(query, EVERY_TYPE) === Found.MISS ? Infinity : cache.age;
    if (every <= own) return every < Infinity;
    return cache.find(query) !== Found.MISS;
  }

  /** What was found is over its time, or was stored anew by another thread just now. */
  #giveStale(query: ClientQuery): boolean {
    const cache = this.#cache;
    if (cache.left > 0) return this.#give(query, cache, AGED, null, Source.CACHE);
    // Signatures may be over as well.
    cache.flags &= ~Flag.AD;
    const extra = cache.kind === Kind.NXDOMAIN ? Extra.staleNxdomain : Extra.stale;
    return this.#give(query, cache, STALE_TTL, extra, Source.STALE);
  }

  #give(
    query: ClientQuery,
    answer: StoredAnswer,
    ttl: number,
    extra: ExtraError | null,
    source: number,
  ): boolean {
    const { door } = query;
    const length = writeStored(query, answer, ttl, extra, door.way, door);
    if (length < 0) return false;
    query.rcode = answer.rcode;
    query.server = null;
    query.source = source;
    this.#around.sent(query, length);
    return true;
  }
}
