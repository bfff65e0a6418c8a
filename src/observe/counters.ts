import { Rcode, rcodeName } from "../dns/rcode.ts";
import type { Observer, Outcome } from "./outcome.ts";
import { Transport } from "./outcome.ts";

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
  /** By text; only those that occurred, the most frequent first. */
  readonly errors: Readonly<Record<string, number>>;
  /** From receiving a query to sending its answer, over all answered queries; null when there was none. */
  readonly meanMs: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Counts how queries end. `ended` touches a few numbers in typed arrays and makes no object. */
export class Counters implements Observer {
  // Doubles: they count exactly to 2^53 and never wrap.
  readonly #sums = new Float64Array(Object.keys(Sum).length);
  readonly #replies = new Float64Array(RCODES);
  readonly #errors = new Map<string, number>();

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
      else if (rcode === Rcode.REFUSED) sums[Sum.REFUSED]!++;
    }
    if (error !== null) this.#countError(error);
  }

  /** The counts as plain objects. */
  snapshot(): CountersSnapshot {
    const sum = (at: number): number => this.#sums[at]!;
    const replies: [string, number][] = [];
    for (let rcode = 0; rcode < RCODES; rcode++) {
      const count = this.#replies[rcode]!;
      if (count > 0) replies.push([rcodeName(rcode), count]);
    }
    const answered = sum(Sum.ANSWERED);
    return {
      received: sum(Sum.UDP) + sum(Sum.TCP),
      byTransport: { udp: sum(Sum.UDP), tcp: sum(Sum.TCP) },
      replies: mostFrequentFirst(replies),
      dropped: sum(Sum.DROPPED),
      refused: sum(Sum.REFUSED),
      forwarded: sum(Sum.FORWARDED),
      errors: mostFrequentFirst([...this.#errors]),
      meanMs: answered === 0 ? null : Math.round((sum(Sum.DURATION) / answered) * 1000) / 1000,
      bytesIn: sum(Sum.BYTES_IN),
      bytesOut: sum(Sum.BYTES_OUT),
    };
  }

  #countError(text: string): void {
    const known = this.#errors.get(text);
    if (known !== undefined) this.#errors.set(text, known + 1);
    else if (this.#errors.size < MOST_ERRORS) this.#errors.set(text, 1);
    else this.#errors.set(OTHER_ERRORS, (this.#errors.get(OTHER_ERRORS) ?? 0) + 1);
  }
}

function mostFrequentFirst(counts: [string, number][]): Record<string, number> {
  return Object.fromEntries(counts.sort((a, b) => b[1] - a[1]));
}
