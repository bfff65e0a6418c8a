import type { AnswerCache } from "../cache/answer-cache.ts";
import { EVERY_TYPE, Found } from "../cache/cache-reader.ts";
import { Stored } from "../cache/cache-writer.ts";
import { failureLifetime } from "../cache/failure-backoff.ts";
import { Kind } from "../cache/kind.ts";
import { Lifetime, type TtlLimits } from "../cache/lifetime.ts";
import { RECHECK } from "../cache/stale.ts";
import { writeU16 } from "../dns/header.ts";
import { EdnsOption } from "../dns/opt.ts";
import { Rcode } from "../dns/rcode.ts";
import type { ReplyView } from "../dns/reply-view.ts";
import { copyErrors, type ExtraError, extraLength } from "../dns/reply-writer.ts";
import { RrType } from "../dns/rrtype.ts";
import type { ClientQuery } from "../listen/client-query.ts";

/** What may be kept, and for how long; in seconds. */
export interface KeepRules extends TtlLimits {
  /** The most that a failure is remembered. */
  readonly failureTtl: number;
  /** For how long after its time an answer stays; 0: it is never given then. */
  readonly staleFor: number;
}

const NO_ERRORS = new Uint8Array(0);

/** Puts what servers answered into the cache, and that they did not. */
export class Keeper {
  #cache: AnswerCache;
  #rules: KeepRules;
  #lifetime = new Lifetime();
  #terms = { kind: 0, lifetime: 0, stale: 0, type: 0 };

  constructor(cache: AnswerCache, rules: KeepRules) {
    this.#cache = cache;
    this.#rules = rules;
  }

  /** Keeps an answer, and sets its TTLs in place to what all clients are told from now on. False when it is not kept. */
  answer(query: ClientQuery, reply: ReplyView): boolean {
    const lifetime = this.#lifetime;
    lifetime.read(reply, query, this.#rules);
    if (lifetime.kind < 0) {
      if (lifetime.supersedes && query.known) this.#dropOlder(query);
      return false;
    }
    if (lifetime.kind === Kind.FAILURE) {
      this.#failure(query, false, errorsOf(reply));
      return false;
    }
    const terms = this.#terms;
    terms.kind = lifetime.kind;
    terms.lifetime = lifetime.seconds;
    terms.stale = this.#rules.staleFor;
    this.#cache.tick();
    terms.type = lifetime.everyType ? EVERY_TYPE : query.type;
    return this.#cache.store(query, reply, terms) === Stored.YES;
  }

  /** Remembers that nobody answered. */
  silence(query: ClientQuery): void {
    this.#failure(query, true, query.extra === null ? NO_ERRORS : asOption(query.extra));
  }

  #failure(query: ClientQuery, nobodyAnswered: boolean, errors: Uint8Array): void {
    const cache = this.#cache;
    cache.tick();
    const { failureTtl } = this.#rules;
    const before = cache.findFailure(query) === Found.MISS ? 0 : cache.lifetime;
    // Where there is an old answer, who asks keeps being given it: the pause must not grow as long as without one.
    const most = this.#has(query) ? Math.min(failureTtl, RECHECK) : failureTtl;
    const seconds = failureLifetime(before, nobodyAnswered, most);
    // It stays as long again: that it failed before is what makes the next pause longer, and what is stale need not wait.
    cache.storeFailure(query, Rcode.SERVFAIL, errors, seconds, Math.max(seconds, RECHECK));
  }

  /** Whether there is an answer, fresh or not. */
  #has(query: ClientQuery): boolean {
    return this.#cache.find(query) !== Found.MISS || this.#cache.find(query, EVERY_TYPE) !== Found.MISS;
  }

  /** An answer with TTL 0, or a negative one that does not say for how long: what was known before is over all the same. */
  #dropOlder(query: ClientQuery): void {
    if (this.#cache.find(query) !== Found.MISS) this.#cache.drop(query, query.type);
    if (query.type !== RrType.DS && this.#cache.find(query, EVERY_TYPE) !== Found.MISS)
      this.#cache.drop(query, EVERY_TYPE);
  }
}

function errorsOf(reply: ReplyView): Uint8Array {
  if (reply.errorsLength === 0) return NO_ERRORS;
  const errors = new Uint8Array(reply.errorsLength);
  copyErrors(errors, 0, reply);
  return errors;
}

function asOption(extra: ExtraError): Uint8Array {
  const option = new Uint8Array(extraLength(extra));
  writeU16(option, 0, EdnsOption.EXTENDED_ERROR);
  writeU16(option, 2, 2 + extra.text.length);
  writeU16(option, 4, extra.code);
  option.set(extra.text, 6);
  return option;
}
