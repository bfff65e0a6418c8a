import { Flag, HEADER_LENGTH } from "../dns/header.ts";
import { equalFolded } from "../dns/name-hash.ts";
import { Rcode } from "../dns/rcode.ts";
import { NumberTable } from "../number-table.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Extra } from "./extra-errors.ts";
import { type Stage, Step } from "./stage.ts";

/** Who follows, all leaders together, at the most: what waits for a server has a bound, and this must not get around it. */
const MAX_FOLLOWERS = 10_000;

/** Where questions go. When it is not what it was before, the same question may go to another network. */
export interface Heading {
  readonly diversion: unknown;
}

/**
 * Identical questions that are in flight are asked once (RFC 5452 section 5 says why: each further one gives a forger
 * another chance). Who asks the same while the first one is out follows it, and gets its answer with an own id, case,
 * EDNS and size. Identical means name but for case, type, class, DO and CD. When the first one fails, all have failed. Who asks
 * after the bypass was opened or closed follows nobody who asked before: his answer is to come from where he is led to.
 */
export class Coalesce implements Stage {
  #leaders = new NumberTable<ClientQuery>();
  #followers = 0;
  #heading: Heading;
  #diversion: unknown;

  constructor(heading: Heading) {
    this.#heading = heading;
    this.#diversion = heading.diversion;
  }

  enter(query: ClientQuery): number {
    const { diversion } = this.#heading;
    if (diversion !== this.#diversion) {
      this.#diversion = diversion;
      this.#leaders.clear();
    }
    const key = keyOf(query);
    const leader = this.#leaders.get(key);
    if (leader === null) {
      this.#leaders.set(key, query);
      return Step.NEXT;
    }
    // Another question under the same hash goes its own way: two at once are rare enough.
    if (!isSameQuestion(leader, query)) return Step.NEXT;
    if (this.#followers >= MAX_FOLLOWERS) {
      query.rcode = Rcode.SERVFAIL;
      query.extra = Extra.tooMany;
      query.error = "too many queries wait for an answer";
      return Step.ANSWERED;
    }
    this.#followers++;
    query.follower = leader.follower;
    leader.follower = query;
    return Step.LATER;
  }

  leave(query: ClientQuery): void {
    const key = keyOf(query);
    if (this.#leaders.get(key) === query) this.#leaders.delete(key);
    for (let one = query.follower; one !== null; one = one.follower) this.#followers--;
  }
}

/** 30 bits of all that makes a question. */
function keyOf(query: ClientQuery): number {
  const variant = (query.dnssecOk ? 1 : 0) | (query.flags & Flag.CD);
  return (query.nameHash ^ Math.imul(query.type * 32 + variant + query.class * 7, 0x9e3779b1)) & 0x3fffffff;
}

function isSameQuestion(a: ClientQuery, b: ClientQuery): boolean {
  return (
    a.nameLength === b.nameLength &&
    a.type === b.type &&
    a.class === b.class &&
    a.dnssecOk === b.dnssecOk &&
    ((a.flags ^ b.flags) & Flag.CD) === 0 &&
    equalFolded(a.bytes, HEADER_LENGTH, b.bytes, HEADER_LENGTH, a.nameLength)
  );
}
