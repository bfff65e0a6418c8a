import { Rcode, rcodeName } from "../dns/rcode.ts";
import type { Observer, Outcome } from "./outcome.ts";
import { Source, Transport } from "./outcome.ts";
import { Texts } from "./texts.ts";

/** Response codes have 12 bits with those from OPT (RFC 6891 section 6.1.3). */
const RCODES = 4096;

/** An error text may carry what a peer said, so only this many different ones are counted by themselves. */
const MOST_ERRORS = 64;
const OTHER_ERRORS = "other errors";

/** Where each sum stands in the array. */
const Sum = {
  UDP: 0,
  TCP: 1,
  DROPPED: 2,
  REFUSED: 3,
  FORWARDED: 4,
  ANSWERED: 5,
  DURATION: 6,
  BYTES_IN: 7,
  BYTES_OUT: 8,
  CACHED: 9,
  STALE: 10,
  REFRESHED: 11,
} as const;

/** What the counters say at one moment; all counts since the start. */
export interface CountersSnapshot {
  readonly received: number;
  readonly byTransport: { readonly udp: number; readonly tcp: number };
  /** By mnemonic; only those that occurred, the most frequent first. */
  readonly replies: Readonly<Record<string, number>>;
  /** Queries that got no answer at all. */
  readonly dropped: number;
  /** REFUSED by dotls itself: the client is not allowed. */
  readonly refused: number;
  /** Answered by an upstream. */
  readonly forwarded: number;
  /** Answered from memory, with answers that were in their time, or failures that are remembered. */
  readonly cached: number;
  /** Answered from memory, with answers over their time. */
  readonly stale: number;
  /** How often an answer in memory was fetched anew though no client waited: none of those received. */
  readonly refreshed: number;
  /** By text; only those that occurred, the most frequent first. */
  readonly errors: Readonly<Record<string, number>>;
  /** From receiving a query to sending its answer, over all answered queries; null when there was none. */
  readonly meanMs: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const SUMS: number = Object.keys(Sum).length;

/** How many numbers there are: the sums, the replies by rcode, the errors by the number of their text. */
const NUMBERS: number = SUMS + RCODES + 1 + MOST_ERRORS;

/**
 * Counts how queries end. `ended` touches a few numbers in typed arrays and makes no object. One thread counts; others may
 * read when the memory is shared.
 */
export class Counters implements Observer {
  /** What the numbers and the texts of the errors need, in bytes. */
  static readonly BYTES: number = NUMBERS * 8 + Texts.bytes(MOST_ERRORS);

  // Doubles: they count exactly to 2^53 and never wrap.
  readonly #sums: Float64Array;
  readonly #replies: Float64Array;
  /** By the number of the text; 0 counts the texts that have none. */
  readonly #errors: Float64Array;
  readonly #texts: Texts;

  /** Goes on counting where `memory` is, `Counters.BYTES` long: a thread that takes the place of another loses nothing. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(Counters.BYTES)) {
    const all = new Float64Array(memory, 0, NUMBERS);
    this.#sums = all.subarray(0, SUMS);
    this.#replies = all.subarray(SUMS, SUMS + RCODES);
    this.#errors = all.subarray(SUMS + RCODES);
    this.#texts = new Texts(MOST_ERRORS, memory, NUMBERS * 8);
  }

  /** Counts one query. */
  ended(outcome: Outcome): void {
    const sums = this.#sums;
    const { rcode, server, error } = outcome;
    sums[outcome.transport === Transport.TCP ? Sum.TCP : Sum.UDP]!++;
    sums[Sum.BYTES_IN]! += outcome.querySize;
    if (rcode < 0) sums[Sum.DROPPED]!++;
    else {
      this.#replies[rcode]!++;
      sums[Sum.ANSWERED]!++;
      sums[Sum.DURATION]! += outcome.duration;
      sums[Sum.BYTES_OUT]! += outcome.replySize;
      if (server !== null) sums[Sum.FORWARDED]!++;
      else if (outcome.source === Source.CACHE) sums[Sum.CACHED]!++;
      else if (outcome.source === Source.STALE) sums[Sum.STALE]!++;
      else if (rcode === Rcode.REFUSED) sums[Sum.REFUSED]!++;
    }
    if (error !== null) this.#countError(error);
  }

  /** Counts a question that no client asked. */
  refreshing(): void {
    this.#sums[Sum.REFRESHED]!++;
  }

  /** The counts as plain objects. */
  snapshot(): CountersSnapshot {
    return Counters.sum([this]);
  }

  /** The counts of several threads together, as plain objects. */
  static sum(all: readonly Counters[]): CountersSnapshot {
    const sums = new Float64Array(SUMS);
    const replies = new Float64Array(RCODES);
    const errors = new Map<string, number>();
    for (const one of all) {
      for (let at = 0; at < SUMS; at++) sums[at]! += one.#sums[at]!;
      for (let rcode = 0; rcode < RCODES; rcode++) replies[rcode]! += one.#replies[rcode]!;
      for (const [text, count] of one.#errorCounts()) errors.set(text, (errors.get(text) ?? 0) + count);
    }
    const byName: [string, number][] = [];
    replies.forEach((count, rcode) => {
      if (count > 0) byName.push([rcodeName(rcode), count]);
    });
    const sum = (at: number): number => sums[at]!;
    const answered = sum(Sum.ANSWERED);
    return {
      received: sum(Sum.UDP) + sum(Sum.TCP),
      byTransport: { udp: sum(Sum.UDP), tcp: sum(Sum.TCP) },
      replies: mostFrequentFirst(byName),
      dropped: sum(Sum.DROPPED),
      refused: sum(Sum.REFUSED),
      forwarded: sum(Sum.FORWARDED),
      cached: sum(Sum.CACHED),
      stale: sum(Sum.STALE),
      refreshed: sum(Sum.REFRESHED),
      errors: mostFrequentFirst([...errors]),
      meanMs: answered === 0 ? null : Math.round((sum(Sum.DURATION) / answered) * 1000) / 1000,
      bytesIn: sum(Sum.BYTES_IN),
      bytesOut: sum(Sum.BYTES_OUT),
    };
  }

  #countError(text: string): void {
    let number = this.#texts.find(text);
    if (number === 0 && this.#texts.size < MOST_ERRORS) number = this.#texts.add(text);
    this.#errors[number]!++;
  }

  *#errorCounts(): Generator<[string, number]> {
    for (let number = 0; number <= MOST_ERRORS; number++) {
      const count = this.#errors[number]!;
      if (count > 0) yield [this.#texts.text(number) ?? OTHER_ERRORS, count];
    }
  }
}

function mostFrequentFirst(counts: [string, number][]): Record<string, number> {
  return Object.fromEntries(counts.sort((a, b) => b[1] - a[1]));
}
