import { Rcode, rcodeName } from "../dns/rcode.ts";
import { DURATION_BOUNDS } from "../buckets.ts";
import type { Observer, Outcome } from "./outcome.ts";
import { Transport } from "./outcome.ts";
import { TALLY_NUMBERS, Tally, TallySource } from "./tally.ts";
import { Texts } from "./texts.ts";

/** An error text may carry what a peer said, so only this many different ones are counted by themselves. */
const MOST_ERRORS = 64;
const OTHER_ERRORS = "other errors";

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
  /** Of those, by one that is asked unencrypted: by a route, or while the bypass was open. */
  readonly clear: number;
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
  /** Received, and neither answered nor dropped yet. */
  readonly inFlight: number;
  /** SERVFAIL of dotls itself, because no upstream gave an answer. */
  readonly failed: number;
  /** How long answers took; the difference between two moments says how long those between them took. */
  readonly durations: DurationsSnapshot;
}

/** Histograms of durations, with the same buckets for all. */
interface DurationsSnapshot {
  /** Upper bounds of the buckets, in ms; the last bucket has none. */
  readonly bounds: readonly number[];
  /** How many there are in each bucket. */
  readonly upstream: readonly number[];
  readonly cache: readonly number[];
  readonly stale: readonly number[];
  readonly local: readonly number[];
  readonly failed: readonly number[];
}

const TALLY_BYTES: number = TALLY_NUMBERS * 8;
const ERRORS_BYTES: number = (MOST_ERRORS + 1) * 8;

/**
 * Counts how queries end, and why those fail that do. One thread counts; others may read when the memory is shared.
 */
export class Counters implements Observer {
  /** What the numbers and the texts of the errors need, in bytes. */
  static readonly BYTES: number = TALLY_BYTES + ERRORS_BYTES + Texts.bytes(MOST_ERRORS);

  readonly tally: Tally;
  /** By the number of the text; 0 counts the texts that have none. */
  readonly #errors: Float64Array;
  readonly #texts: Texts;

  /** Goes on counting where `memory` is, `Counters.BYTES` long: a thread that takes the place of another loses nothing. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(Counters.BYTES)) {
    this.tally = new Tally(new Float64Array(memory, 0, TALLY_NUMBERS));
    this.#errors = new Float64Array(memory, TALLY_BYTES, MOST_ERRORS + 1);
    this.#texts = new Texts(MOST_ERRORS, memory, TALLY_BYTES + ERRORS_BYTES);
  }

  received(query: Outcome): void {
    this.tally.received(query);
  }

  /** Counts one query. */
  ended(outcome: Outcome): void {
    this.tally.ended(outcome);
    if (outcome.error !== null) this.#countError(outcome.error);
  }

  /** Counts a question that no client asked. */
  refreshing(): void {
    this.tally.refreshing();
  }

  /** The counts as plain objects. */
  snapshot(): CountersSnapshot {
    return Counters.sum([this]);
  }

  /** The counts of several threads together, as plain objects. */
  static sum(all: readonly Counters[]): CountersSnapshot {
    const tally = Tally.sum(all.map((one) => one.tally));
    const errors = new Map<string, number>();
    for (const one of all) {
      for (const [text, count] of one.#errorCounts()) errors.set(text, (errors.get(text) ?? 0) + count);
    }
    const answered = tally.replied();
    const durations = (source: number): number[] => [...tally.durations(source).counts];
    const sources: readonly number[] = Object.values(TallySource);
    const milliseconds = sources.reduce((sum, source) => sum + tally.durations(source).sum, 0);
    return {
      received: tally.requests(),
      byTransport: { udp: tally.requests(Transport.UDP), tcp: tally.requests(Transport.TCP) },
      replies: mostFrequentFirst(
        Array.from(tally.repliesByCode(), ([rcode, count]) => [rcodeName(rcode), count]),
      ),
      dropped: tally.dropped(),
      refused: tally.replies(TallySource.LOCAL, Rcode.REFUSED),
      forwarded: tally.replied(TallySource.UPSTREAM),
      clear: tally.clear,
      cached: tally.replied(TallySource.CACHE),
      stale: tally.replied(TallySource.STALE),
      refreshed: tally.refreshed,
      errors: mostFrequentFirst([...errors]),
      meanMs: answered === 0 ? null : Math.round((milliseconds / answered) * 1000) / 1000,
      bytesIn: tally.querySizes.sum,
      bytesOut: tally.replySizes.sum,
      inFlight: tally.inFlight,
      failed: tally.replied(TallySource.FAILED),
      durations: {
        bounds: DURATION_BOUNDS,
        upstream: durations(TallySource.UPSTREAM),
        cache: durations(TallySource.CACHE),
        stale: durations(TallySource.STALE),
        local: durations(TallySource.LOCAL),
        failed: durations(TallySource.FAILED),
      },
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
