import { Breaker } from "./breaker.ts";
import { Departure } from "./departure.ts";
import { EdnsHabit } from "./edns-habit.ts";
import type { Exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import { Latency } from "./latency.ts";
import type { Link, LinkInfo, LinkOwner } from "./link.ts";
import { type LinkHolder, LinkRoom } from "./link-room.ts";
import { TlsShown } from "./link-tls.ts";
import { type LinkStates, Links } from "./links.ts";
import type { Place } from "./place.ts";
import { Probe } from "./probe.ts";
import type { Proof } from "./proof.ts";
import { RecordHabit } from "./record-habit.ts";
import { UpstreamCounters } from "./upstream-counters.ts";
import type { CloseReason } from "./upstream-tally.ts";
import { Vigil } from "./vigil.ts";
import { Warmth } from "./warmth.ts";

/** So many connections in a row may end under queries without an answer before the server counts as failed. */
const MAX_FRUITLESS = 3;

/** So many fresh links in a row may go quiet without an answer before the server counts as failed. */
const MAX_SILENT = 2;

const NO_ROOM: Failure = { kind: "busy", text: "too many connections are open" };

/** Who wants to know when a server stops or starts to work. Called on a change only, so that a log says it once. */
export interface UpstreamEvents {
  onDown(upstream: Upstream, failure: Failure): void;
  onUp(upstream: Upstream): void;
  /** A link is open on which the server has proved who it is by something else than before; null: it is the first one. */
  onProof?(upstream: Upstream, before: Proof | null): void;
}

/** One server out there: its connection, made when it is needed, and what is known of its health. */
export class Upstream implements LinkOwner, LinkHolder {
  readonly label: string;
  readonly place: Place;
  readonly counters: UpstreamCounters = new UpstreamCounters();
  readonly edns: EdnsHabit = new EdnsHabit();
  readonly latency: Latency = new Latency();
  /** Why it must not be asked at all, whatever its health; null: it may. */
  blocked: Failure | null = null;
  /** By what it proved who it is when it was last connected; null: it was not yet. */
  proof: Proof | null = null;
  /** Why by nothing, where that is known. */
  doubt: Failure | null = null;
  readonly tls: TlsShown = new TlsShown();

  /** Makes a way to it that reports to the owner, and of which nothing here knows. */
  readonly openLink: (owner: LinkOwner) => Link;

  #events: UpstreamEvents;
  #links: Links;
  #room: LinkRoom;
  #breaker = new Breaker();
  #records = new RecordHabit();
  /** Why links are being closed by us, while they are. */
  #leaving: CloseReason = "local";
  #vigil: Vigil;
  #departure = new Departure(() => this.#leaveInTime());
  #warmth = new Warmth(() => this.#try());

  /** `open` makes a way to the server that reports to the owner. `room`: shared by all whose links are bounded together. */
  constructor(
    label: string,
    place: Place,
    open: (owner: LinkOwner) => Link,
    events: UpstreamEvents,
    room: LinkRoom = new LinkRoom(),
  ) {
    this.label = label;
    this.place = place;
    this.openLink = open;
    this.#events = events;
    this.#links = new Links(() => {
      this.counters.connections++;
      return open(this);
    }, room);
    this.#room = room;
    room.add(this);
    this.#vigil = new Vigil({
      links: this.#links,
      records: this.#records,
      latency: this.latency,
      counters: this.counters,
      open,
      onSilence: () => this.#wentSilent(),
      onIdle: () => this.#leaveInTime(),
    });
  }

  /** Who runs it, as far as the configuration says: servers of one name have one operator. */
  get operator(): string {
    return this.place.name ?? this.place.address;
  }

  /** What went wrong last; null since it last answered. */
  get lastFailure(): Failure | null {
    return this.#breaker.lastFailure;
  }

  /** Wall clock of the last failure, ms; for people. */
  get lastFailureAt(): number {
    return this.#breaker.lastFailureAt;
  }

  /** When a connection was last tried, monotonic ms. */
  get lastAttemptAt(): number {
    return this.#links.triedAt;
  }

  /** Whether it may be asked without a second thought: it works, or nothing is known against it. */
  get sound(): boolean {
    if (this.blocked !== null) return false;
    if (this.#breaker.closed && !this.#vigil.doubtful) return true;
    return !this.#breaker.mute && this.#links.current?.state === "open";
  }

  /** Whether there is a link, or one is being made. */
  get connected(): boolean {
    return this.#links.current !== null;
  }

  /** The time that an answer of it takes at present, ms; -1 while nothing is known. */
  get typicalMs(): number {
    return this.latency.typical ?? -1;
  }

  /** After how long without an answer another server should be asked too, ms. */
  get lateMs(): number {
    return this.latency.lateAfter;
  }

  get state(): "idle" | "connecting" | "up" | "down" {
    if (this.blocked !== null) return "down";
    const { current } = this.#links;
    if (current?.state === "open") return "up";
    if (!this.#breaker.closed) return "down";
    return current === null ? "idle" : "connecting";
  }

  /** Queries that wait for it. */
  get load(): number {
    return this.#links.load;
  }

  get links(): number {
    return this.#links.count;
  }

  get linkStates(): LinkStates {
    return this.#links.states;
  }

  get idleSince(): number {
    return this.#links.idleSince;
  }

  get singly(): boolean {
    return this.#records.singly;
  }

  /** Asks, on the link that is there, else on a new one. What becomes of it the exchange hears. `now`: monotonic ms. */
  ask(exchange: Exchange, now: number = performance.now()): void {
    this.counters.queries++;
    const link = this.#links.connect();
    if (link === null) exchange.lost(NO_ROOM, false);
    else this.#vigil.hand(exchange, link, now);
  }

  /** Gives up an exchange that was handed to `ask`. */
  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
    exchange.on?.abandon(exchange);
  }

  /** Sees whether a server that failed is back, without a client's query at risk; once its pause is over. */
  probe(now: number): void {
    if (!this.#breaker.pauses(now)) this.#try();
  }

  /** Opens a link ahead of the first query, and again whenever there is none, until it is closed by `close`. */
  warm(): void {
    this.#warmth.start();
  }

  /** Opens none ahead any more. */
  cool(): void {
    this.#warmth.stop();
  }

  #try(): void {
    if (this.blocked !== null || this.connected) return;
    const link = this.#links.connect();
    if (this.#breaker.mute && link !== null) this.#vigil.hand(new Probe(), link, performance.now());
  }

  /**
   * The network changed under us: links made before are worth nothing, and failures were about another network. What is
   * in flight is asked again.
   */
  renew(): void {
    this.#breaker.renew();
    this.#links.triedAt = Number.NEGATIVE_INFINITY;
    this.#records.forget();
    this.edns.forget();
    this.latency.clear();
    this.#departure.limit.forget();
    this.#closeLinks("network");
    this.#warmth.renew();
  }

  /** Ends its links; the next query makes a new one. */
  close(): void {
    this.#warmth.stop();
    this.#closeLinks("local");
  }

  /** Closes it for good. */
  retire(): void {
    this.close();
    this.#room.delete(this);
  }

  #closeLinks(reason: CloseReason): void {
    this.#vigil.doubtful = false;
    this.#records.stop();
    this.#leaving = reason;
    this.#links.close();
    this.#leaving = "local";
  }

  /** Nobody waits for it: its link may have to go. */
  #leaveInTime(): void {
    const now = performance.now();
    if (!this.connected || this.load > 0) this.#departure.stop();
    else if (this.#departure.isDue(this.#links.aliveAt, now)) {
      this.#closeLinks("idle");
      this.#warmth.ended(now, 0);
    }
  }

  /**
   * What the server said of its patience (RFC 7828), ms. 0: it wants no more queries on this link, which is left to those
   * that it has.
   */
  noteKeepalive(ms: number, link: Link | null): void {
    if (ms > 0) this.#departure.limit.said(ms);
    else if (link !== null && this.#links.part(link)) this.#warmth.ended(performance.now(), 0);
  }

  onOpen(link: Link, info: LinkInfo): void {
    const now = performance.now();
    link.opening = { at: now, handshakeMs: info.handshakeMs };
    this.counters.opened(info);
    this.tls.learn(info.tls);
    this.#learnProof(info);
    if (link !== this.#links.current) return;
    this.#vigil.doubtful = false;
    this.#links.aliveAt = now;
    this.#warmth.opened(now);
  }

  #learnProof({ proof, doubt }: LinkInfo): void {
    const before = this.proof;
    const isNews = proof !== before || doubt?.kind !== this.doubt?.kind;
    this.proof = proof;
    this.doubt = doubt;
    if (isNews) this.#events.onProof?.(this, before);
  }

  onAnswer(link: Link, exchange: Exchange): void {
    const now = exchange.answeredAt;
    if (!(exchange instanceof Probe)) {
      this.counters.answered(now - exchange.sentAt, exchange.rcode);
      this.latency.add(now - exchange.sentAt);
    }
    if (this.#links.answered(link, now)) this.#vigil.doubtful = false;
    if (this.#breaker.answered()) this.#events.onUp(this);
  }

  onDrained(): void {
    this.#records.drained();
  }

  onMismatch(): void {
    this.counters.mismatched++;
  }

  onEnd(link: Link, failure: Failure, opened: boolean, lost: number): void {
    this.counters.tally.over(link.answered, failure, opened, this.#leaving);
    // Of one that was suspected or given up there is nothing more to learn.
    if (!this.#links.ended(link)) return;
    const now = performance.now();
    if (opened && lost === 0 && failure.kind === "closed") {
      this.#departure.limit.closedAfter(now - this.#links.aliveAt, now);
    }
    this.#blame(link, failure, opened, lost);
    this.#warmth.ended(now, this.#breaker.pauseLeft(now));
  }

  /** Its link is over: whether that is its fault. */
  #blame(link: Link, failure: Failure, opened: boolean, lost: number): void {
    // TLS may fail after its handshake: a server of TLS 1.3 refuses a client certificate only then. And what answers
    // HTTP without DNS messages is no DNS server: that it takes connections proves nothing.
    if (!opened || failure.kind === "tls" || failure.kind === "http") {
      this.#breaker.mute ||= failure.kind === "http";
      this.#failed(failure);
      return;
    }
    // A server may end a link when it likes (RFC 7766 section 6.2.3): no error, if the link was of use.
    if (link.answered > 0) return;
    if (this.#breaker.closed) {
      // Nor is it one if nobody waited, or if it happens once or twice: the queries are asked again.
      if (lost === 0 || !this.#breaker.fruitless(MAX_FRUITLESS)) return;
    } else if (lost === 0) {
      this.#breaker.unused(performance.now());
      return;
    }
    this.#breaker.mute = true;
    this.#failed(failure);
  }

  /** A link that never answered may have met a slow name; two in a row, and it is the server. */
  #wentSilent(): void {
    if (!this.#breaker.fruitless(MAX_SILENT)) return;
    this.#breaker.mute = true;
    this.#failed({ kind: "silent", text: "the server went silent" });
  }

  #failed(failure: Failure): void {
    this.counters.failures++;
    if (this.#breaker.failed(failure, performance.now())) this.#events.onDown(this, failure);
  }
}
