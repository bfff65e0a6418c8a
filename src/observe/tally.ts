import { Rcode } from "../dns/rcode.ts";
import { Flag } from "../dns/header.ts";
import { DURATION_BUCKETS, SIZE_BUCKETS, durationBucket, sizeBucket } from "../buckets.ts";
import { Drop, type Outcome, Source } from "./outcome.ts";
import { QUESTION_TYPES, questionType } from "./question-type.ts";

/** Response codes have 12 bits with those from OPT (RFC 6891 section 6.1.3). */
const RCODES = 4096;

/** Those that are counted by source; the assigned ones end at 23. Behind them is the place of all others together. */
export const COMMON_RCODES = 31;

const SLOTS = COMMON_RCODES + 1;

/** Where answers are counted to come from: the numbers of `Source`, and one more. */
export const TallySource = {
  LOCAL: 0,
  UPSTREAM: 1,
  CACHE: 2,
  STALE: 3,
  /** SERVFAIL of our own: no server gave an answer, and no way was taken that was not allowed. */
  FAILED: 4,
} as const;

const SOURCES: number = Object.keys(TallySource).length;

/** Why a query got no reply, as it is counted. */
export const TallyDrop = {
  NO_QUERY: 0,
  LIMITED: 1,
  /** The thread that had it has died. */
  ABANDONED: 2,
} as const;

const DROPS: number = Object.keys(TallyDrop).length;

const TYPES: number = QUESTION_TYPES.length;

// The sections of the numbers, one behind the other.
/** By transport, family (0: IPv4, 1: IPv6) and type. */
const REQUESTS = 0;
const DROPPED = REQUESTS + 2 * 2 * TYPES;
const QUERY_SIZES = DROPPED + DROPS;
const QUERY_BYTES = QUERY_SIZES + SIZE_BUCKETS;
const REPLY_SIZES = QUERY_BYTES + 1;
const REPLY_BYTES = REPLY_SIZES + SIZE_BUCKETS;
const TRUNCATED = REPLY_BYTES + 1;
const REFRESHED = TRUNCATED + 1;
const CLEAR = REFRESHED + 1;
/** By source, each with its sum in ms behind its buckets. */
const DURATIONS = CLEAR + 1;
const DURATION_WIDTH = DURATION_BUCKETS + 1;
/** By source and code. */
const REPLIES = DURATIONS + SOURCES * DURATION_WIDTH;
/** By code, of those that are not common. */
const RARE = REPLIES + SOURCES * SLOTS;

/** How many numbers there are. */
export const TALLY_NUMBERS: number = RARE + RCODES - COMMON_RCODES;

/** A histogram as it is counted: how many in each bucket, and the sum of all values. */
export interface Histogram {
  readonly counts: Float64Array;
  readonly sum: number;
}

/**
 * What is counted of queries, as one row of numbers: one thread counts, and others may read when the memory is shared.
 * Doubles, as they count exactly to 2^53 and never wrap. Counting touches some ten of them and makes no object.
 */
export class Tally {
  readonly numbers: Float64Array;

  constructor(numbers: Float64Array) {
    this.numbers = numbers;
  }

  /** The counts of several threads together. */
  static sum(all: readonly Tally[]): Tally {
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    const sum = new Float64Array(TALLY_NUMBERS);
    // The threads count on meanwhile. Ends stand behind the beginnings: read first, there are never more of them.
    for (const { numbers } of all) for (let i = TALLY_NUMBERS - 1; i >= 0; i--) sum[i]! += numbers[i]!;
    return new Tally(sum);
  }

  /** A query came in. */
  received({ transport, clientAddress, type, nameLength, querySize }: Outcome): void {
    const { numbers } = this;
    const kind = nameLength === 0 ? TYPES - 1 : questionType(type);
    numbers[REQUESTS + (transport * 2 + family(clientAddress)) * TYPES + kind]!++;
    numbers[QUERY_SIZES + sizeBucket(querySize)]!++;
    numbers[QUERY_BYTES]! += querySize;
  }

  /** It ended. */
  ended(outcome: Outcome): void {
    const { numbers } = this;
    const { rcode, duration, replySize } = outcome;
    if (rcode < 0) {
      numbers[DROPPED + (outcome.error === Drop.LIMITED ? TallyDrop.LIMITED : TallyDrop.NO_QUERY)]!++;
      return;
    }
    const source = sourceOf(outcome);
    numbers[REPLIES + source * SLOTS + Math.min(rcode, COMMON_RCODES)]!++;
    if (rcode >= COMMON_RCODES) numbers[RARE + rcode - COMMON_RCODES]!++;
    const durations = DURATIONS + source * DURATION_WIDTH;
    numbers[durations + durationBucket(duration)]!++;
    numbers[durations + DURATION_BUCKETS]! += duration;
    numbers[REPLY_SIZES + sizeBucket(replySize)]!++;
    numbers[REPLY_BYTES]! += replySize;
    if ((outcome.replyFlags & Flag.TC) !== 0) numbers[TRUNCATED]!++;
    if (source === TallySource.UPSTREAM && outcome.clear) numbers[CLEAR]!++;
  }

  /** A question was asked that no client asked. */
  refreshing(): void {
    this.numbers[REFRESHED]!++;
  }

  /** The thread that counted here is gone, and with it the queries that it had. */
  abandon(): void {
    this.numbers[DROPPED + TallyDrop.ABANDONED]! += this.inFlight;
  }

  /** Queries that came in, of this transport, family and type; left away means all. */
  requests(transport?: number, family?: number, kind?: number): number {
    let sum = 0;
    for (let at = 0; at < 2 * 2 * TYPES; at++) {
      if (kind !== undefined && at % TYPES !== kind) continue;
      const way = Math.floor(at / TYPES);
      if (transport !== undefined && way >> 1 !== transport) continue;
      if (family !== undefined && (way & 1) !== family) continue;
      sum += this.numbers[REQUESTS + at]!;
    }
    return sum;
  }

  /** Replies with this code from this source; COMMON_RCODES stands for all codes from there on. */
  replies(source: number, rcode: number): number {
    return this.numbers[REPLIES + source * SLOTS + rcode]!;
  }

  /** Replies by code, those that occurred. */
  *repliesByCode(): Generator<[rcode: number, count: number]> {
    for (let rcode = 0; rcode <= COMMON_RCODES; rcode++) {
      let count = 0;
      for (let source = 0; source < SOURCES; source++) count += this.replies(source, rcode);
      if (count === 0) continue;
      if (rcode < COMMON_RCODES) yield [rcode, count];
      else yield* this.#rareReplies();
    }
  }

  *#rareReplies(): Generator<[rcode: number, count: number]> {
    for (let rcode = COMMON_RCODES; rcode < RCODES; rcode++) {
      const count = this.numbers[RARE + rcode - COMMON_RCODES]!;
      if (count > 0) yield [rcode, count];
    }
  }

  /** All replies from a source, or from all of them. */
  replied(source?: number): number {
    let sum = 0;
    for (let one = source ?? 0; one <= (source ?? SOURCES - 1); one++) {
      const at = DURATIONS + one * DURATION_WIDTH;
      for (let i = 0; i < DURATION_BUCKETS; i++) sum += this.numbers[at + i]!;
    }
    return sum;
  }

  /** Queries without a reply, for one of the reasons of `TallyDrop`, or all of them. */
  dropped(reason?: number): number {
    if (reason !== undefined) return this.numbers[DROPPED + reason]!;
    let sum = 0;
    for (let one = 0; one < DROPS; one++) sum += this.numbers[DROPPED + one]!;
    return sum;
  }

  /** Queries that came in and have not ended yet. */
  get inFlight(): number {
    return this.requests() - this.replied() - this.dropped();
  }

  /** How long answers of a source took, in ms. */
  durations(source: number): Histogram {
    const at = DURATIONS + source * DURATION_WIDTH;
    return {
      counts: this.numbers.subarray(at, at + DURATION_BUCKETS),
      sum: this.numbers[at + DURATION_BUCKETS]!,
    };
  }

  /** In bytes. */
  get querySizes(): Histogram {
    return {
      counts: this.numbers.subarray(QUERY_SIZES, QUERY_SIZES + SIZE_BUCKETS),
      sum: this.numbers[QUERY_BYTES]!,
    };
  }

  /** In bytes. */
  get replySizes(): Histogram {
    return {
      counts: this.numbers.subarray(REPLY_SIZES, REPLY_SIZES + SIZE_BUCKETS),
      sum: this.numbers[REPLY_BYTES]!,
    };
  }

  /** Replies with TC=1. */
  get truncated(): number {
    return this.numbers[TRUNCATED]!;
  }

  /** Of the replies from upstreams, those that came unencrypted. */
  get clear(): number {
    return this.numbers[CLEAR]!;
  }

  /** Questions that were asked for the cache alone. */
  get refreshed(): number {
    return this.numbers[REFRESHED]!;
  }
}

function sourceOf({ server, source, rcode }: Outcome): number {
  if (server !== null) return TallySource.UPSTREAM;
  return source === Source.LOCAL && rcode === Rcode.SERVFAIL ? TallySource.FAILED : source;
}

/** An IPv6 address has its first colon among the first five characters. */
function family(address: string): 0 | 1 {
  for (let i = 0; i < 5; i++) if (address.charCodeAt(i) === 58) return 1;
  return 0;
}
