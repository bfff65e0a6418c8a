import { AnswerCache, EVERY_TYPE, Found } from "../cache/answer-cache.ts";
import { Kind } from "../cache/kind.ts";
import { RECHECK } from "../cache/stale.ts";
import type { Explanation } from "../control/explanation.ts";
import { Flag, HEADER_LENGTH } from "../dns/header.ts";
import { formatName } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { RrType } from "../dns/rrtype.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Ancestors } from "../resolve/ancestors.ts";
import type { CacheOptions } from "../resolve/cache-stage.ts";

type Entry = NonNullable<Explanation["cache"]>;

/** What memory has for a question, and what a query would get of it. */
export interface Kept {
  readonly entry: Entry;
  /** `now`: it is the answer. `later`: it is, when no server gives one in time. */
  readonly given: "now" | "later";
  readonly says: string;
}

/**
 * What is kept for the question as a plain client asks it, without DNSSEC records; null: nothing. It looks where the stage of
 * the cache looks, in the same order, and leaves everything as it is. `covered`: the name has a route of its own.
 */
export function keptFor(query: ClientQuery, options: CacheOptions, covered: boolean): Kept | null {
  // An object of its own: what the resolver has found last must not change under it.
  const cache = new AnswerCache(options.cache.memory);
  cache.tick();
  const own = cache.find(query);
  if (own === Found.FRESH) return fresh(cache, query);
  // The parent's side of a zone cut may be at another server than the rest of the name.
  const every = query.type === RrType.DS ? Found.MISS : cache.find(query, EVERY_TYPE);
  if (every === Found.FRESH) return fresh(cache, query);
  const cut = covered ? null : cutOf(query, cache);
  if (cut !== null) return cut;
  const failure = cache.findFailure(query);
  const recently = failure !== Found.MISS && cache.age < RECHECK;
  const failed = failure === Found.FRESH ? entryOf(cache, query, "failure") : null;
  if (options.rules.staleFor > 0 && (own === Found.STALE || every === Found.STALE)) {
    const ageOf = (found: number, type: number): number =>
      found === Found.MISS || cache.find(query, type) === Found.MISS ? Infinity : cache.age;
    // The newer of the two counts.
    const whole = ageOf(every, EVERY_TYPE) <= ageOf(own, query.type);
    cache.find(query, whole ? EVERY_TYPE : query.type);
    const at = failed !== null || recently ? "failed" : options.staleAtOnce ? "once" : "late";
    return stale(cache, query, at);
  }
  if (failed === null) return null;
  const { rcode, age, left } = failed;
  const says = `the question failed ${age} s ago (${rcode}), and is not asked again for ${left} s`;
  return { entry: failed, given: "now", says };
}

function fresh(cache: AnswerCache, query: ClientQuery): Kept {
  const entry = entryOf(cache, query, "fresh");
  const what = `${entry.rcode}${cache.kind === Kind.NODATA ? ", no record of this type," : ""}`;
  const says = `${what} is kept since ${entry.age} s, and holds for another ${entry.left} s`;
  return { entry, given: "now", says };
}

function stale(cache: AnswerCache, query: ClientQuery, at: "failed" | "once" | "late"): Kept {
  const entry = entryOf(cache, query, "stale");
  const over = `${entry.rcode} is kept, and over its time since ${-entry.left} s`;
  const why = {
    failed: "given, as the question has failed a moment ago",
    once: "given at once, and asked anew (cache.serveStale: immediate)",
    late: "given when no upstream has answered in time",
  };
  return { entry, given: at === "late" ? "later" : "now", says: `${over}; it is ${why[at]}` };
}

/** Whether a name above is known not to exist, with proof: then neither does this one (RFC 8020). */
function cutOf(query: ClientQuery, cache: AnswerCache): Kept | null {
  const above = new Ancestors();
  above.start(query);
  while (above.up()) {
    if (cache.find(above, EVERY_TYPE) !== Found.FRESH || (cache.flags & Flag.AD) === 0) continue;
    const entry = entryOf(cache, above, "fresh");
    const says = `${entry.name} is known not to exist, with proof, so nothing below it does; that holds for another ${entry.left} s`;
    return { entry, given: "now", says };
  }
  return null;
}

function entryOf(cache: AnswerCache, of: { readonly bytes: Uint8Array }, state: Entry["state"]): Entry {
  const { age, left } = cache;
  return { name: formatName(of.bytes, HEADER_LENGTH), state, rcode: rcodeName(cache.rcode), age, left };
}
