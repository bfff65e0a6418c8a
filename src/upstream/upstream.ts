import { Connection, type ConnectionOwner } from "./connection.ts";
import { type Dialed, type Target } from "./dial.ts";
import type { Exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import { Probe } from "./probe.ts";
import type { TicketStore } from "./tickets.ts";

/** The pauses after failures in a row, in ms: the first and the longest; each is twice the one before, and jittered. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** So many connections in a row may end under queries without an answer before the server counts as failed. */
const MAX_FRUITLESS = 3;

/** How long a probe may take before its connection is given up, in ms. */
const PROBE_TIMEOUT = 2000;

/** Who wants to know when a server stops or starts to work. Called on a change only, so that a log says it once. */
export interface UpstreamEvents {
  onDown(upstream: Upstream, failure: Failure): void;
  onUp(upstream: Upstream): void;
}

/** What is counted of one server; read when somebody asks for the status. */
export interface UpstreamCounters {
  connections: number;
  handshakes: number;
  resumed: number;
  queries: number;
  answers: number;
  failures: number;
  mismatched: number;
  /** Of the last TLS handshake, ms; -1: none yet. */
  handshakeMs: number;
  /** Decayed mean time from writing a query to its answer, ms; -1: none yet. */
  roundTripMs: number;
}

/** One server out there: its connection, made when it is needed, and what is known of its health. */
export class Upstream implements ConnectionOwner {
  readonly label: string;
  readonly target: Target;
  readonly counters: UpstreamCounters = {
    connections: 0,
    handshakes: 0,
    resumed: 0,
    queries: 0,
    answers: 0,
    failures: 0,
    mismatched: 0,
    handshakeMs: -1,
    roundTripMs: -1,
  };
  /** What went wrong last; null since it last answered. */
  lastFailure: Failure | null = null;
  /** Wall clock of the last failure, ms; for people. */
  lastFailureAt = 0;
  /** When a connection was last tried, monotonic ms. */
  lastAttemptAt: number = Number.NEGATIVE_INFINITY;

  #tickets: TicketStore;
  #events: UpstreamEvents;
  #connection: Connection | null = null;
  #failuresInRow = 0;
  /** Connections in a row that opened and ended under queries without an answer, since it last answered or failed. */
  #fruitless = 0;
  #pausedUntil = 0;
  /** It opened connections and did not answer on them: that it opens another proves nothing, only an answer does. */
  #mute = false;
  #probe: Probe | null = null;

  constructor(label: string, target: Target, tickets: TicketStore, events: UpstreamEvents) {
    this.label = label;
    this.target = target;
    this.#tickets = tickets;
    this.#events = events;
  }

  /** Whether it may be asked without a second thought: it works, or nothing is known against it. */
  get sound(): boolean {
    return this.#failuresInRow === 0 || (!this.#mute && this.#connection?.state === "open");
  }

  /** Whether there is a connection, or one is being made. */
  get connected(): boolean {
    return this.#connection !== null;
  }

  get state(): "idle" | "connecting" | "up" | "down" {
    if (this.#connection?.state === "open") return "up";
    if (this.#failuresInRow > 0) return "down";
    return this.#connection === null ? "idle" : "connecting";
  }

  /** Queries that wait for it. */
  get load(): number {
    return this.#connection?.load ?? 0;
  }

  /** Asks, on the connection that is there, else on a new one. What becomes of it the exchange hears. */
  ask(exchange: Exchange): void {
    this.counters.queries++;
    this.#connect().ask(exchange, performance.now());
  }

  /** Gives up an exchange that was handed to `ask`. */
  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
    this.#connection?.abandon(exchange);
  }

  /** Sees whether a server that failed is back, without a client's query at risk; once its pause is over. */
  probe(now: number): void {
    const connection = this.#connection;
    if (connection === null && now >= this.#pausedUntil) {
      const made = this.#connect();
      if (!this.#mute) return;
      this.#probe = new Probe();
      this.counters.queries++;
      made.ask(this.#probe, now);
    } else if (
      connection?.state === "open" &&
      this.#probe !== null &&
      now - this.#probe.sentAt > PROBE_TIMEOUT
    ) {
      connection.abandon(this.#probe);
    }
  }

  /** Ends its connection; the next query makes a new one. */
  close(): void {
    this.#connection?.close();
  }

  #connect(): Connection {
    if (this.#connection === null) {
      this.lastAttemptAt = performance.now();
      this.counters.connections++;
      this.#connection = new Connection(this.target, this.#tickets, this);
    }
    return this.#connection;
  }

  onOpen(_connection: Connection, dialed: Dialed): void {
    this.counters.handshakes++;
    if (dialed.resumed) this.counters.resumed++;
    this.counters.handshakeMs = dialed.handshakeMs;
  }

  onAnswer(_connection: Connection, exchange: Exchange): void {
    const { counters } = this;
    counters.answers++;
    const took = performance.now() - exchange.sentAt;
    counters.roundTripMs = counters.roundTripMs < 0 ? took : counters.roundTripMs * 0.9 + took * 0.1;
    this.#fruitless = 0;
    if (this.#failuresInRow === 0) return;
    this.#mute = false;
    this.#probe = null;
    this.#failuresInRow = 0;
    this.lastFailure = null;
    this.#events.onUp(this);
  }

  onMismatch(): void {
    this.counters.mismatched++;
  }

  onEnd(connection: Connection, failure: Failure, opened: boolean, lost: number): void {
    if (this.#connection === connection) this.#connection = null;
    this.#probe = null;
    if (!opened) {
      this.#failed(failure);
      return;
    }
    if (failure.kind === "silent") {
      this.#mute = true;
      this.#failed(failure);
      return;
    }
    // A server may end a connection when it likes (RFC 7766 section 6.2.3): no error, if the connection was of use.
    if (connection.answered > 0) return;
    if (this.#failuresInRow === 0) {
      // Nor is it one if nobody waited, or if it happens once or twice: the queries are asked again.
      if (lost === 0 || ++this.#fruitless < MAX_FRUITLESS) return;
    } else if (lost === 0) {
      // A probe that opened and was closed unused says nothing new, but the next one must not follow at once.
      this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + FIRST_PAUSE);
      return;
    }
    this.#mute = true;
    this.#failed(failure);
  }

  #failed(failure: Failure): void {
    const before = this.lastFailure;
    this.#fruitless = 0;
    this.counters.failures++;
    this.lastFailure = failure;
    this.lastFailureAt = Date.now();
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#failuresInRow, 10));
    this.#pausedUntil = performance.now() + pause * (0.75 + Math.random() / 2);
    this.#failuresInRow++;
    if (before?.kind !== failure.kind) this.#events.onDown(this, failure);
  }
}
