import { Rcode } from "../dns/rcode.ts";
import { Reading } from "../dns/query-view.ts";
import type { ReplyView } from "../dns/reply-view.ts";
import { writeOwn, writeReply } from "../dns/reply-writer.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import type { QueryHandler } from "../listen/door.ts";
import { Drop, type Observer, Source } from "../observe/outcome.ts";
import type { Tap } from "../observe/tap.ts";
import type { Group } from "../upstream/group.ts";
import type { LocalGroups } from "./local-zones.ts";
import { LocalNames } from "./local-names.ts";
import type { Routes } from "./routes.ts";
import { Access } from "./access.ts";
import { type CacheOptions, CacheStage, type CacheSurroundings } from "./cache-stage.ts";
import { Coalesce } from "./coalesce.ts";
import { errand } from "./errand.ts";
import { ErrorLimiter } from "./error-limiter.ts";
import { Forward } from "./forward.ts";
import { type Completion, type Stage, Step } from "./stage.ts";
import { shareTimes } from "./times.ts";
import { Unanswerable } from "./unanswerable.ts";

export interface ResolverOptions {
  /** Prefixes of the clients that are answered. */
  readonly allow: readonly string[];
  /** Which servers a question goes to. */
  readonly routes: Routes<Group>;
  /** Which names are answered here. */
  readonly localNames: LocalGroups;
  /** Sees questions that come back to us. */
  readonly loops: Stage;
  /** What answers are kept in; without it none are. */
  readonly cache?: CacheOptions;
  /** A client's whole wait, in ms. */
  readonly timeout: number;
  /** Codes of answers with which another server is asked for a better one. */
  readonly retryRcodes: ReadonlySet<number>;
  /** Who hears how each query ended, once. */
  readonly observers: readonly Observer[];
  /** Who wants to see the messages. */
  readonly tap?: Tap;
}

/** The path of a query: the one place where its stages are composed, and where its answer is written. */
export class Resolver implements QueryHandler, Completion, CacheSurroundings {
  #stages: readonly Stage[];
  #forward: Forward;
  #cache: CacheStage | null;
  /** The stages that lead to a server. */
  #onward: readonly Stage[];
  #observers: readonly Observer[];
  #tap: Tap | null;
  #errors = new ErrorLimiter();

  constructor(options: ResolverOptions) {
    this.#observers = options.observers;
    this.#tap = options.tap ?? null;
    this.#forward = new Forward(options.routes, options.timeout, options.retryRcodes, this, this.#tap);
    this.#cache = options.cache === undefined ? null : new CacheStage(options.cache, options.routes, this);
    this.#onward = [
      // Right before the servers: whoever gets here costs a query, unless somebody is already asking the same.
      new Coalesce(options.routes),
      // Last: it always takes the query.
      this.#forward,
    ];
    this.#stages = [
      // First, so that a client who may not ask learns nothing and costs nothing.
      new Access(options.allow),
      // Before the local names: what comes back to us must be seen, whatever its name.
      options.loops,
      // Before anything that remembers questions: these have no answer to remember.
      new Unanswerable(),
      // Before the servers: these names must not leave. A route for one of them wins.
      new LocalNames(options.localNames, options.routes),
      // Behind the local names, which are not to be remembered, and before those that wait: a hit waits for nobody, and an
      // answer on its way out comes by here when all that coalesced has been let go.
      ...(this.#cache === null ? [] : [this.#cache]),
      // Whoever answered so far did so in the same turn; from here on queries wait, and their bytes must be their own.
      retain,
      ...this.#onward,
    ];
  }

  /** Questions that wait for a server. */
  get outstanding(): number {
    return this.#forward.outstanding;
  }

  handle(query: ClientQuery, reading: number): boolean {
    for (const observer of this.#observers) observer.received?.(query);
    if (this.#tap !== null && reading !== Reading.DROP) this.#tap.clientQuery(query);
    switch (reading) {
      case Reading.QUERY:
        break;
      case Reading.DROP:
        query.error = Drop.NO_QUERY;
        query.door.drop(query);
        this.#tell(query);
        return false;
      default:
        query.rcode = rcodeOf(reading);
        query.error = "malformed or unsupported query";
        this.#deliverOwn(query);
        return false;
    }
    for (const stage of this.#stages) {
      const step = stage.enter(query);
      if (step === Step.LATER) return true;
      if (step === Step.SENT) return false;
      if (step === Step.ANSWERED) {
        if (this.#cache?.turnedAway(query) !== true) this.#deliverOwn(query);
        return false;
      }
    }
    return false;
  }

  complete(query: ClientQuery, reply: ReplyView | null): void {
    for (let i = this.#stages.length - 1; i >= 0; i--) this.#stages[i]!.leave?.(query, reply);
    const { rcode, server, clear, error, extra } = query;
    for (let one: ClientQuery | null = query; one !== null; one = one.follower) {
      if (one.settled) continue;
      one.error = error;
      // What is over its time is better than a failure, the reason of which stays in the history.
      if (this.#cache?.rescue(one, reply) === true) continue;
      one.rcode = rcode;
      one.server = server;
      one.clear = clear;
      one.extra = extra;
      if (one !== query) shareTimes(one, query);
      if (reply === null) this.#deliverOwn(one);
      else this.#deliver(one, reply);
    }
  }

  /** Forgets which questions have failed: the network changed, or a server is back. */
  forgetFailures(): void {
    this.#cache?.forgetFailures();
  }

  /** Asks for the cache alone, unless there is much to do for clients. */
  fetch(query: ClientQuery): boolean {
    if (this.#forward.busy) return false;
    const one = errand(query);
    for (const stage of this.#onward) {
      const step = stage.enter(one);
      if (step === Step.NEXT) continue;
      if (step !== Step.LATER) return false;
      for (const observer of this.#observers) observer.refreshing?.();
      return true;
    }
    return false;
  }

  /** It gets no more queries, and what it still answers is not kept. */
  retire(): void {
    this.#cache?.retire();
  }

  /** Answers all that wait with SERVFAIL, for a server that stops. */
  stop(): void {
    this.#forward.stop();
    this.#cache?.stop();
  }

  #deliver(query: ClientQuery, reply: ReplyView): void {
    const { door } = query;
    const length = writeReply(query, reply, door.way, door);
    if (length < 0) {
      query.rcode = Rcode.SERVFAIL;
      query.error = "the server's answer is malformed behind its OPT record";
      this.#deliverOwn(query);
      return;
    }
    query.source = Source.UPSTREAM;
    this.sent(query, length);
  }

  #deliverOwn(query: ClientQuery): void {
    const { door } = query;
    if (
      door.way.datagrams &&
      query.rcode !== Rcode.SERVFAIL &&
      query.records === null &&
      !this.#errors.allows(query.clientAddress, query.receivedAt)
    ) {
      query.rcode = -1;
      query.error = Drop.LIMITED;
      door.drop(query);
      this.#tell(query);
      return;
    }
    this.sent(query, writeOwn(query, query.rcode, query.extra, door.way, door, query.records));
  }

  sent(query: ClientQuery, length: number): void {
    query.replySize = length;
    const { door } = query;
    this.#tap?.clientResponse(query, door.lastRoom, door.roomAt, door.roomAt + length);
    door.send(query, length);
    this.#tell(query);
  }

  #tell(query: ClientQuery): void {
    query.duration = performance.now() - query.receivedAt;
    for (const observer of this.#observers) observer.ended(query);
  }
}

/** Between the stages that answer at once and those that let a query wait. */
const retain: Stage = {
  enter(query) {
    query.retain();
    return Step.NEXT;
  },
};

function rcodeOf(reading: number): number {
  switch (reading) {
    case Reading.NOTIMP:
      return Rcode.NOTIMP;
    case Reading.BADVERS:
      return Rcode.BADVERS;
    default:
      return Rcode.FORMERR;
  }
}
