import { Flag, HEADER_LENGTH, HeaderOffset, readU16, writeU16 } from "../dns/header.ts";
import { answers } from "./answer-match.ts";
import type { Exchange } from "./exchange.ts";
import { CLOSED_BY_US, type Failure } from "./failure.ts";
import type { Link, LinkOwner, Opening } from "./link.ts";
import { UNENCRYPTED } from "./proof.ts";
import { Form } from "./query-writer.ts";
import { randomId } from "./random-ids.ts";
import type { PlainTarget } from "./tcp-dial.ts";
import { type FallbackListener, UdpFallback } from "./udp-fallback.ts";
import { type UdpPending, UdpPort, type UdpPortListener } from "./udp-port.ts";

/** So many queries leave from one port, and for so long, in ms: who finds it out has little time to use it. */
const PORT_QUERIES = 100;
const PORT_AGE = 2000;

/** Open ports at the most; beyond it the newest takes more queries than it should. */
const MAX_PORTS = 100;

/** How long until a query is sent once more, in ms: the first time, and twice as long each time after it. */
const RESEND = 1000;

/** How often a query is sent at the most. */
const MAX_SENT = 3;

/** How long the id of an abandoned query rests, in ms: a late answer shows that the server lives, and meets nothing else. */
const REST = 5000;

/** How often the link looks what is due, in ms. */
const TICK = 100;

/** After so many datagrams at one port that answer nothing asked from it, somebody guesses: TCP cannot be guessed at. */
const MAX_STRANGE = 20;

/** Queries at the most of which an answer may still come, abandoned ones included: none can be without a free id. */
const MAX_PENDING = 20_000;

const BUSY: Failure = { kind: "busy", text: "too many queries without an answer" };
const MALFORMED: Failure = { kind: "malformed", text: "the server sent a malformed answer" };
const SILENT: Failure = { kind: "timeout", text: `no answer over UDP, asked ${MAX_SENT} times` };
const OVER: Failure = { kind: "closed", text: "the UDP link is over" };

/**
 * Plain DNS over UDP, for servers of one's own network. Each query has a random id and leaves from a port that is random
 * and changes often (RFC 5452 section 9.2); an answer counts when it comes from the server to that port, with id and
 * question. What is truncated is asked again over TCP (RFC 7766 section 5), and so is everything while somebody sends
 * answers that nobody asked for.
 */
export class UdpLink implements Link, UdpPortListener, FallbackListener {
  state: "connecting" | "open" | "over" = "connecting";
  opening: Opening | null = null;
  answered = 0;

  #target: PlainTarget;
  #owner: LinkOwner;
  #tcp: UdpFallback;
  #newest: UdpPort;
  #ports = new Set<UdpPort>();
  #inFlight = new Map<Exchange, UdpPort>();
  #askedAt = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `openTcp` opens a link to the same server over plain TCP, when the first answer is truncated. */
  constructor(target: PlainTarget, openTcp: (owner: LinkOwner) => Link, owner: LinkOwner) {
    this.#target = target;
    this.#tcp = new UdpFallback(openTcp, this);
    this.#owner = owner;
    this.#newest = this.#openPort(performance.now());
  }

  get load(): number {
    return this.#inFlight.size + this.#tcp.load;
  }

  readonly lagging = false;
  readonly full = false;

  get quietSince(): number {
    return this.#askedAt > 0 ? this.#askedAt : this.#tcp.quietSince;
  }

  ask(exchange: Exchange, now: number): void {
    if (this.state === "over") {
      exchange.lost(OVER, this.answered > 0);
      return;
    }
    if (this.#inFlight.size >= MAX_PENDING && !this.#forgetAbandoned()) {
      exchange.lost(BUSY, false);
      return;
    }
    const port = this.#portFor(now);
    let id = randomId();
    while (port.pending.has(id) || port.repeated.has(id)) id = randomId();
    exchange.id = id;
    exchange.sentAt = now;
    if (this.#askedAt === 0) this.#askedAt = now;
    port.queries++;
    const pending: UdpPending = { exchange, id, resendAt: now, sent: 0 };
    port.pending.set(id, pending);
    this.#inFlight.set(exchange, port);
    send(port, pending, now);
  }

  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
    if (!this.#inFlight.has(exchange)) this.#tcp.abandon(exchange);
  }

  held(): Exchange[] {
    const own = [...this.#inFlight.keys()].filter((exchange) => !exchange.abandoned);
    return [...own, ...this.#tcp.held()];
  }

  close(): void {
    this.#end(CLOSED_BY_US);
  }

  onPortOpen(): void {
    if (this.state !== "connecting") return;
    this.state = "open";
    this.#owner.onOpen(this, {
      connectMs: 0,
      handshakeMs: 0,
      resumed: false,
      proof: "none",
      doubt: UNENCRYPTED,
    });
  }

  onPortFailure(failure: Failure): void {
    this.#end(failure);
  }

  onDatagram(port: UdpPort, bytes: Buffer): void {
    const { length } = bytes;
    const pending = length < HEADER_LENGTH ? undefined : port.pending.get(readU16(bytes, 0));
    if (pending === undefined || !answers(bytes, 0, length, pending.exchange)) {
      if (pending === undefined && length >= HEADER_LENGTH && port.repeated.has(readU16(bytes, 0))) return;
      this.#strange(port);
      return;
    }
    const { exchange } = pending;
    this.#remove(port, pending);
    const now = performance.now();
    this.#askedAt = this.#somebodyWaits() ? now : 0;
    if (pending.sent > 1) port.repeat(pending.id);
    if (exchange.abandoned) return;
    exchange.answeredAt = now;
    if ((readU16(bytes, HeaderOffset.FLAGS) & Flag.TC) !== 0)
      this.#tcp.ask(exchange, Buffer.from(bytes), now);
    else if (exchange.answered(bytes, 0, length)) {
      this.answered++;
      this.#owner.onAnswer(this, exchange);
    } else {
      this.#owner.onMismatch(this);
      exchange.lost(MALFORMED, false);
    }
  }

  #somebodyWaits(): boolean {
    for (const exchange of this.#inFlight.keys()) if (!exchange.abandoned) return true;
    return false;
  }

  #strange(port: UdpPort): void {
    this.#owner.onMismatch(this);
    if (++port.strange < MAX_STRANGE) return;
    const exchanges = [...port.pending.values()].map(({ exchange }) => exchange);
    for (const exchange of exchanges) this.#inFlight.delete(exchange);
    this.#closePort(port);
    const now = performance.now();
    for (const exchange of exchanges) this.#tcp.ask(exchange, null, now);
  }

  onFallback(exchange: Exchange): void {
    this.answered++;
    this.#owner.onAnswer(this, exchange);
  }

  onMismatch(): void {
    this.#owner.onMismatch(this);
  }

  /** Makes room at the cost of those that nobody waits for. False when there are none. */
  #forgetAbandoned(): boolean {
    for (const [exchange, port] of this.#inFlight) {
      const pending = exchange.abandoned ? port.pending.get(exchange.id) : undefined;
      if (pending === undefined) continue;
      this.#remove(port, pending);
      port.repeat(pending.id);
    }
    return this.#inFlight.size < MAX_PENDING;
  }

  /** The port for the next query. */
  #portFor(now: number): UdpPort {
    const { queries, openedAt } = this.#newest;
    const worn = queries >= PORT_QUERIES || now - openedAt >= PORT_AGE;
    const there = this.#ports.has(this.#newest);
    if (!there || (worn && this.#ports.size < MAX_PORTS)) this.#newest = this.#openPort(now);
    return this.#newest;
  }

  #openPort(now: number): UdpPort {
    const port = new UdpPort(this.#target, this, now);
    this.#ports.add(port);
    this.#timer ??= setInterval(() => this.#tick(performance.now()), TICK).unref();
    return port;
  }

  #closePort(port: UdpPort): void {
    this.#ports.delete(port);
    port.close();
  }

  #tick(now: number): void {
    for (const port of this.#ports) {
      for (const pending of port.pending.values()) this.#look(port, pending, now);
      // Without anything to wait for an idle link holds no port, and so does not hold the process.
      if (port.pending.size === 0 && now - port.openedAt >= PORT_AGE) this.#closePort(port);
    }
    if (!this.#tcp.tick(now) && this.#ports.size === 0) this.#stopTimer();
  }

  #look(port: UdpPort, pending: UdpPending, now: number): void {
    const { exchange } = pending;
    if (exchange.abandoned) {
      if (now - exchange.sentAt > REST) this.#remove(port, pending);
    } else if (now >= pending.resendAt) {
      if (pending.sent < MAX_SENT) send(port, pending, now);
      else {
        this.#remove(port, pending);
        exchange.lost(SILENT, this.answered > 0);
      }
    }
  }

  #remove(port: UdpPort, pending: UdpPending): void {
    port.pending.delete(pending.id);
    this.#inFlight.delete(pending.exchange);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #end(failure: Failure): void {
    if (this.state === "over") return;
    const opened = this.state === "open";
    this.state = "over";
    this.#stopTimer();
    const lost = [...this.#inFlight.keys()].filter((exchange) => !exchange.abandoned);
    for (const port of this.#ports) port.close();
    this.#ports.clear();
    this.#inFlight.clear();
    this.#owner.onEnd(this, failure, opened, lost.length + this.#tcp.held().length);
    for (const exchange of lost) if (!exchange.abandoned) exchange.lost(failure, this.answered > 0);
    this.#tcp.close();
  }
}

/** Sends a query, the first time or again: id and port stay, so that an answer to either counts. */
function send(port: UdpPort, pending: UdpPending, now: number): void {
  const { exchange } = pending;
  const message = Buffer.allocUnsafe(exchange.length(Form.UDP));
  exchange.write(message, 0, Form.UDP);
  writeU16(message, 0, pending.id);
  pending.resendAt = now + RESEND * 2 ** pending.sent;
  pending.sent++;
  port.send(message);
}
