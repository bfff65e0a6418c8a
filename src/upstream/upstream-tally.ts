import { DURATION_BUCKETS, durationBucket } from "../buckets.ts";
import { Rcode } from "../dns/rcode.ts";
import { CLOSED_BY_US, FAILURE_KINDS, type Failure, type FailureKind, isAboutAlpn } from "./failure.ts";

/** How a question that was sent to a server can end, for whoever sent it. */
export const OUTCOMES = [
  "ok",
  /** Nothing came within the client's time, or the server stayed silent. */
  "timeout",
  /** The connection ended under it. */
  "reset",
  /** There was no connection. */
  "unreachable",
  "tls_error",
  /** What came was no DNS message. */
  "mismatch",
  /** Another answer was sooner, or nobody waits any more. */
  "cancelled",
  /** dotls did not ask: a limit of its own. */
  "rejected",
] as const;

export type ExchangeOutcome = (typeof OUTCOMES)[number];

/** Why a connection that was open is over. */
export const CLOSES = [
  /** Nobody had used it for a while. */
  "idle",
  /** The server closed it. */
  "peer",
  "error",
  /** The addresses or the clock of this machine changed, or it slept. */
  "network",
  /** dotls did, for another reason: it stops, or another one took its place. */
  "local",
] as const;

export type CloseReason = (typeof CLOSES)[number];

/** The codes whose answers are timed apart; all others are one. */
export const TIMED_RCODES: readonly string[] = ["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "other"];

const rcodes: readonly number[] = [Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.SERVFAIL, Rcode.REFUSED];

/** Upper bounds of how many answers came on one connection. */
export const ANSWERS_BOUNDS: readonly number[] = [0, 1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536];

const outcomeOf: Readonly<Record<FailureKind, ExchangeOutcome>> = {
  refused: "unreachable",
  unreachable: "unreachable",
  bootstrap: "unreachable",
  timeout: "timeout",
  silent: "timeout",
  closed: "reset",
  tls: "tls_error",
  untrusted: "tls_error",
  name: "tls_error",
  pin: "tls_error",
  clock: "tls_error",
  malformed: "mismatch",
  http: "mismatch",
  loop: "rejected",
  busy: "rejected",
};

// The sections of the numbers, one behind the other; each histogram has its sum behind its buckets.
const DURATION = DURATION_BUCKETS + 1;
const SENT = 0;
const ENDED = SENT + OUTCOMES.length;
const ANSWERED = ENDED;
const CONNECTED = ANSWERED + TIMED_RCODES.length * DURATION;
const SHAKEN = CONNECTED + DURATION;
const CLOSED = SHAKEN + 2 * DURATION;
const FAILED = CLOSED + CLOSES.length;
const ALPN = FAILED + FAILURE_KINDS.length;
const PER_LINK = ALPN + 1;
const HEDGES_WON = PER_LINK + ANSWERS_BOUNDS.length + 2;
const HEDGES_LOST = HEDGES_WON + 1;
const LOOPS = HEDGES_LOST + 1;
const NUMBERS = LOOPS + 1;

/** A histogram as it is counted: how many in each bucket, and the sum of all values. */
export interface CountedHistogram {
  readonly counts: Float64Array;
  readonly sum: number;
}

/** What is counted of one server for the metrics, as one row of numbers: those of several threads are added one by one. */
export class UpstreamTally {
  readonly numbers: Float64Array;

  constructor(numbers: Float64Array = new Float64Array(NUMBERS)) {
    this.numbers = numbers;
  }

  /** An answer with this code came after so many ms. */
  answered(rcode: number, ms: number): void {
    const { numbers } = this;
    const known = rcodes.indexOf(rcode);
    this.#time(ANSWERED + (known < 0 ? rcodes.length : known) * DURATION, ms);
    numbers[SENT]!++;
  }

  /** A question ended without an answer of this server. */
  ended(outcome: ExchangeOutcome): void {
    this.numbers[SENT + OUTCOMES.indexOf(outcome)]!++;
  }

  /** A question was lost. */
  lost({ kind }: Failure): void {
    this.ended(outcomeOf[kind]);
  }

  /** A connection is open. `handshakeMs`: 0 where there is no TLS. */
  opened(connectMs: number, handshakeMs: number, resumed: boolean): void {
    this.#time(CONNECTED, connectMs);
    if (handshakeMs > 0) this.#time(SHAKEN + (resumed ? DURATION : 0), handshakeMs);
  }

  /** A connection on which so many answers came is over; `leaving` says why where we ended it, `opened` whether it was open. */
  over(answers: number, failure: Failure, opened: boolean, leaving: CloseReason): void {
    const isOurs = failure === CLOSED_BY_US;
    if (opened) this.#closed(isOurs ? leaving : failure.kind === "closed" ? "peer" : "error", answers);
    // TLS, and HTTP in it, may fail after the connection was taken to be open.
    if (!isOurs && (!opened || failure.kind === "tls" || failure.kind === "http")) this.#failed(failure);
  }

  #closed(reason: CloseReason, answers: number): void {
    const { numbers } = this;
    numbers[CLOSED + CLOSES.indexOf(reason)]!++;
    const bucket = ANSWERS_BOUNDS.findIndex((bound) => answers <= bound);
    numbers[PER_LINK + (bucket < 0 ? ANSWERS_BOUNDS.length : bucket)]!++;
    numbers[PER_LINK + ANSWERS_BOUNDS.length + 1]! += answers;
  }

  #failed(failure: Failure): void {
    this.numbers[FAILED + FAILURE_KINDS.indexOf(failure.kind)]!++;
    if (isAboutAlpn(failure)) this.numbers[ALPN]!++;
  }

  /** A question that was sent here because another server was late has ended. */
  hedged(won: boolean): void {
    this.numbers[won ? HEDGES_WON : HEDGES_LOST]!++;
  }

  /** It was found to lead back to us. */
  looped(): void {
    this.numbers[LOOPS]!++;
  }

  outcome(outcome: ExchangeOutcome): number {
    return this.numbers[SENT + OUTCOMES.indexOf(outcome)]!;
  }

  /** `rcode`: where in TIMED_RCODES. In ms. */
  durations(rcode: number): CountedHistogram {
    return this.#histogram(ANSWERED + rcode * DURATION, DURATION_BUCKETS);
  }

  /** In ms. */
  get connects(): CountedHistogram {
    return this.#histogram(CONNECTED, DURATION_BUCKETS);
  }

  /** In ms. */
  handshakes(resumed: boolean): CountedHistogram {
    return this.#histogram(SHAKEN + (resumed ? DURATION : 0), DURATION_BUCKETS);
  }

  /** How many answers came on each connection that is over. */
  get answersPerLink(): CountedHistogram {
    return this.#histogram(PER_LINK, ANSWERS_BOUNDS.length + 1);
  }

  closes(reason: CloseReason): number {
    return this.numbers[CLOSED + CLOSES.indexOf(reason)]!;
  }

  failures(kind: FailureKind): number {
    return this.numbers[FAILED + FAILURE_KINDS.indexOf(kind)]!;
  }

  /** Failures over what is spoken inside TLS; those of kind `tls` have them among them. */
  get alpnFailures(): number {
    return this.numbers[ALPN]!;
  }

  hedges(won: boolean): number {
    return this.numbers[won ? HEDGES_WON : HEDGES_LOST]!;
  }

  get loops(): number {
    return this.numbers[LOOPS]!;
  }

  #time(at: number, ms: number): void {
    this.numbers[at + durationBucket(ms)]!++;
    this.numbers[at + DURATION_BUCKETS]! += ms;
  }

  #histogram(at: number, buckets: number): CountedHistogram {
    return { counts: this.numbers.subarray(at, at + buckets), sum: this.numbers[at + buckets]! };
  }
}
