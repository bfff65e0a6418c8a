import { ExtendedError } from "../dns/edns/extended-error.ts";
import { Flag } from "../dns/header.ts";
import { Rcode } from "../dns/rcode.ts";
import { ReplyView } from "../dns/reply-view.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { type Tap, Wire } from "../observe/tap.ts";
import { Exchange } from "../upstream/exchange.ts";
import type { Failure, FailureKind } from "../upstream/failure.ts";
import type { Group, Inquiry } from "../upstream/group.ts";
import { Form, queryLength, writeQuery } from "../upstream/query-writer.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import { extraError } from "./extra-errors.ts";
import type { Completion } from "./stage.ts";
import { microseconds, noteTimes } from "./times.ts";
import type { TimerWheel, WheelEntry } from "./timer-wheel.ts";

/** Kinds that mean "nobody was there"; the others mean that somebody was and something was wrong (RFC 8914 4.23, 4.24). */
const unreached: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "refused",
  "unreachable",
  "timeout",
  "silent",
  "busy",
  "bootstrap",
]);

/** After so long, in ms, another server is asked even when the budget of hedges is spent: one may answer only what is easy. */
const OVERDUE = 1000;

/** One for all answers: each is read and passed on before the next one comes. */
const view = new ReplyView();

/** What an abandoned flight asks. */
const NO_BYTES = new Uint8Array(0);

/** What all questions of a forwarder share. */
export interface Carrier {
  readonly deadlines: Deadlines;
  readonly wheel: TimerWheel;
  readonly completion: Completion;
  /** A client's whole wait, ms. */
  readonly timeout: number;
  /** Answers with these codes are not taken from the first server that gives one, if there is another. */
  readonly retryRcodes: ReadonlySet<number>;
  /** Who wants to see what servers are asked, and what they answer. */
  readonly tap: Tap | null;
}

/** An answer that is kept while another server is asked for a better one. */
interface Spare {
  readonly bytes: Uint8Array;
  readonly upstream: Upstream;
  readonly isTruncated: boolean;
}

/** Whether the answer in `view` is one of a server that does not read EDNS, or not ours. */
function refusesEdns(): boolean {
  if (view.rcode === Rcode.FORMERR) return view.optEnd === view.optAt;
  return view.rcode === Rcode.BADVERS;
}

/** Learns what the answer in `view`, to a question without EDNS, says of the server. */
function notePlain({ edns }: Upstream): void {
  if (view.rcode === Rcode.FORMERR) edns.readNeither(performance.now());
  else edns.readPlain(performance.now());
}

/** Whether the answer in `view` was cut short, so that it is usable only for who asks again for all of it. */
function isTruncated(): boolean {
  return (view.flags & Flag.TC) !== 0;
}

/** A client's question on its way through the servers. Ends exactly once: by an answer, by exhaustion or by its deadline. */
export class ClientInquiry implements Inquiry, Timed, WheelEntry {
  failed = 0;
  tried = 0;
  fruitless = 0;
  failures: { upstream: Upstream; failure: Failure }[] | null = null;
  readonly question: Uint8Array;
  readonly questionEnd: number;

  readonly since: number;
  readonly deadline: number;
  earlier: Timed | null = null;
  later: Timed | null = null;

  dueAt = 0;
  slot = -1;
  before: WheelEntry | null = null;
  after: WheelEntry | null = null;

  readonly query: ClientQuery;
  readonly tap: Tap | null;
  #group: Group;
  #carrier: Carrier;
  /** The exchanges that are out; nearly always one. */
  #flights: Flight | null = null;
  #spare: Spare | null = null;
  #over = false;

  constructor(query: ClientQuery, group: Group, carrier: Carrier) {
    this.query = query;
    this.tap = carrier.tap;
    this.question = query.bytes;
    this.questionEnd = query.questionEnd;
    this.since = query.receivedAt;
    this.deadline = query.receivedAt + carrier.timeout;
    this.#group = group;
    this.#carrier = carrier;
  }

  get flying(): boolean {
    return this.#flights !== null;
  }

  fly(upstream: Upstream, hedge = false): Exchange {
    const now = performance.now();
    return this.#fly(upstream, upstream.edns.speaks(now), now, hedge);
  }

  #fly(upstream: Upstream, edns: boolean, now: number, hedge: boolean): Exchange {
    const flight = new Flight(this, upstream, edns, hedge, microseconds(now - this.query.receivedAt));
    flight.next = this.#flights;
    this.#flights = flight;
    this.#carrier.wheel.remove(this);
    this.dueAt = now + upstream.lateMs;
    this.#carrier.wheel.add(this, now);
    upstream.ask(flight, now);
    return flight;
  }

  due(now: number): void {
    if (this.#over) return;
    const overdueAt = this.query.receivedAt + OVERDUE;
    if (this.#group.hedge(this, now >= overdueAt)) return;
    this.dueAt = overdueAt;
    this.#carrier.wheel.add(this, now);
  }

  /** An answer came for this flight: the message bytes[start..end). False when it is malformed. */
  answered(flight: Flight, bytes: Uint8Array, start: number, end: number): boolean {
    if (!view.read(bytes, start, end)) return false;
    this.#drop(flight);
    flight.rcode = view.rcode;
    const { upstream } = flight;
    if (view.keepalive >= 0) upstream.noteKeepalive(view.keepalive, flight.on);
    if (!flight.edns) notePlain(upstream);
    else if (refusesEdns() && this.#askPlain(upstream)) return true;
    const isPoor = this.#carrier.retryRcodes.has(view.rcode) && !view.bogus;
    // Over a stream nothing needs to be cut: another server may have all of it.
    const isSpare = isPoor || isTruncated();
    if (flight.hedge) upstream.counters.tally.hedged(!isSpare);
    if (isSpare) this.#keepSpare(flight);
    else {
      noteTimes(this.query, flight, flight.answeredAt);
      this.#finish(upstream);
    }
    return true;
  }

  /** It may not know EDNS (RFC 6891 section 6.2.2): once without, and if that helps, without for a while. */
  #askPlain(upstream: Upstream): boolean {
    const now = performance.now();
    if (!upstream.edns.mayBePlain(now)) return false;
    this.#fly(upstream, false, now, false);
    return true;
  }

  /**
   * A poor answer is put aside, because a better one may come. The first one is kept, unless it is an error and this one is
   * only cut short.
   */
  #keepSpare(flight: Flight): void {
    const { upstream } = flight;
    const first = this.#spare === null;
    if (this.#spare === null || (isTruncated() && !this.#spare.isTruncated)) {
      // Not slice: that of a Buffer copies nothing, and the connection reads its next answers into the same memory.
      const bytes = Uint8Array.from(view.bytes.subarray(view.start, view.end));
      this.#spare = { bytes, upstream, isTruncated: isTruncated() };
      noteTimes(this.query, flight, flight.answeredAt);
    }
    if (this.flying || (first && this.#group.another(this, upstream))) return;
    view.read(this.#spare.bytes, 0, this.#spare.bytes.length);
    this.#finish(this.#spare.upstream);
  }

  lost(flight: Flight, failure: Failure, progress: boolean): void {
    this.#drop(flight);
    const { tally } = flight.upstream.counters;
    tally.lost(failure);
    if (flight.hedge) tally.hedged(false);
    this.#group.again(this, flight.upstream, failure, progress);
  }

  doubted(flight: Flight, again: boolean): void {
    // On a link that answers others it is this name that is slow: asked twice there, it need not be asked a third time.
    const isSlow = flight.on !== null && flight.on.answered > 0 && this.#isOutBeside(flight);
    this.#group.doubt(this, flight.upstream, again && !isSlow);
  }

  /** Whether another flight to the same server is out. */
  #isOutBeside(flight: Flight): boolean {
    for (let one = this.#flights; one !== null; one = one.next) {
      if (one !== flight && one.upstream === flight.upstream) return true;
    }
    return false;
  }

  exhausted(why: string, failure: Failure): void {
    this.#carrier.deadlines.remove(this);
    this.#fail(unreached.has(failure.kind), why);
  }

  expire(): void {
    const names = new Set<string>();
    let misled = false;
    for (let flight = this.#flights; flight !== null; flight = flight.next) {
      names.add(flight.upstream.label);
      // The server was there, and what it said could not be used.
      misled ||= flight.upstream.counters.mismatched > flight.strange;
    }
    const who = names.size === 0 ? "" : `${[...names].join(", ")}: `;
    const met = this.failures?.map(({ upstream, failure }) => `; ${upstream.label}: ${failure.text}`) ?? [];
    const but = misled ? ", only messages that answer no question of ours" : "";
    this.#end("timeout");
    this.#fail(!misled, `${who}no answer within ${this.#carrier.timeout / 1000} s${but}${met.join("")}`);
  }

  /** Ends it before its time, for the reason given. */
  give(why: string): void {
    this.#carrier.deadlines.remove(this);
    this.#fail(true, why);
  }

  /** `view` holds the answer. */
  #finish(upstream: Upstream): void {
    this.#carrier.deadlines.remove(this);
    this.#end("cancelled");
    this.query.server = upstream.label;
    this.query.clear = !upstream.place.encrypted;
    this.query.rcode = view.rcode;
    this.#carrier.completion.complete(this.query, view);
  }

  #fail(nobodyThere: boolean, why: string): void {
    const { query } = this;
    this.#end("cancelled");
    if (this.#spare !== null) {
      view.read(this.#spare.bytes, 0, this.#spare.bytes.length);
      query.server = this.#spare.upstream.label;
      query.clear = !this.#spare.upstream.place.encrypted;
      query.rcode = view.rcode;
      this.#carrier.completion.complete(query, view);
      return;
    }
    query.rcode = Rcode.SERVFAIL;
    query.error = why;
    query.extra = extraError(
      nobodyThere ? ExtendedError.NO_REACHABLE_AUTHORITY : ExtendedError.NETWORK_ERROR,
      why,
    );
    this.#carrier.completion.complete(query, null);
  }

  /** Gives up what is still out; `outcome` is how that ends for the servers that have it. */
  #end(outcome: "cancelled" | "timeout"): void {
    this.#over = true;
    this.#carrier.wheel.remove(this);
    for (let flight = this.#flights; flight !== null; flight = flight.next) {
      flight.upstream.abandon(flight);
      const { tally } = flight.upstream.counters;
      tally.ended(outcome);
      if (flight.hedge) tally.hedged(false);
      // Its id rests for a while; the query need not.
      flight.inquiry = null;
    }
    this.#flights = null;
  }

  #drop(flight: Flight): void {
    let here = this.#flights;
    if (here === flight) {
      this.#flights = flight.next;
      return;
    }
    for (; here !== null; here = here.next) if (here.next === flight) here.next = flight.next;
  }
}

/** How a message of this form goes. */
function wireOf(form: number): number {
  switch (form) {
    case Form.TLS:
      return Wire.TLS;
    case Form.HTTP:
      return Wire.HTTPS;
    case Form.TCP:
      return Wire.TCP;
    default:
      return Wire.UDP;
  }
}

/** One attempt of a client's question at one server. */
export class Flight extends Exchange {
  /** Null once it is abandoned. */
  inquiry: ClientInquiry | null;
  readonly upstream: Upstream;
  /** Whether it is asked with EDNS. */
  readonly edns: boolean;
  /** Whether it was sent because another server was late. */
  readonly hedge: boolean;
  /** What the server had sent before that answers nothing: more of it since then is part of the story. */
  readonly strange: number;
  /** From the query's arrival until the server was asked, in microseconds. */
  readonly askedUs: number;
  /** The next flight of the inquiry. */
  next: Flight | null = null;
  /** The `Form` in which it was written last. */
  #form = 0;

  constructor(inquiry: ClientInquiry, upstream: Upstream, edns: boolean, hedge: boolean, askedUs: number) {
    super();
    this.askedUs = askedUs;
    this.inquiry = inquiry;
    this.upstream = upstream;
    this.edns = edns;
    this.hedge = hedge;
    this.strange = upstream.counters.mismatched;
  }

  get question(): Uint8Array {
    return this.inquiry?.question ?? NO_BYTES;
  }

  get questionEnd(): number {
    return this.inquiry?.questionEnd ?? 0;
  }

  length(form: number): number {
    return this.inquiry === null
      ? 0
      : queryLength(this.inquiry.query, form, this.edns, this.upstream.place.padding);
  }

  write(out: Buffer, at: number, form: number, id: number = this.id): void {
    if (this.inquiry === null) return;
    const { query, tap } = this.inquiry;
    const { place } = this.upstream;
    writeQuery(query, out, at, form, this.edns, place.padding);
    if (tap === null) return;
    this.#form = form;
    tap.forwarderQuery(query, place, wireOf(form), id, out, at, at + this.length(form));
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.inquiry === null) return true;
    const { query, tap } = this.inquiry;
    tap?.forwarderResponse(query, this.upstream.place, wireOf(this.#form), this.sentAt, bytes, start, end);
    return this.inquiry.answered(this, bytes, start, end);
  }

  lost(failure: Failure, progress: boolean): void {
    this.inquiry?.lost(this, failure, progress);
  }

  doubted(again: boolean): void {
    this.inquiry?.doubted(this, again);
  }
}
