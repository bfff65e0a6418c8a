import type { DohStream } from "./doh-stream.ts";
import type { Exchange } from "./exchange.ts";

/** Requests at a time before the server has said how many it takes, and never more than the second, whatever it says. */
const FIRST_STREAMS = 100;
const MAX_STREAMS = 1000;

/** How long the answer to an abandoned question is waited for, in ms: it shows that the server lives. */
const REST = 10_000;

/** After so many answers one stream more is tried, where the server has refused some. */
const RECOVERY = 100;

/** The streams of a session on which questions are in flight, oldest first, and how many there may be. */
export class DohStreams {
  #streams = new Map<Exchange, DohStream>();
  /** How many at a time the server says that it takes, and how many it has really taken lately. */
  #allowed = FIRST_STREAMS;
  #most = FIRST_STREAMS;
  /** Answers since one was refused. */
  #sinceRefusal = 0;

  get size(): number {
    return this.#streams.size;
  }

  /** Whether somebody waits for the answer on one of them. */
  get awaited(): boolean {
    for (const exchange of this.#streams.keys()) if (!exchange.abandoned) return true;
    return false;
  }

  has(exchange: Exchange): boolean {
    return this.#streams.has(exchange);
  }

  exchanges(): Exchange[] {
    return [...this.#streams.keys()];
  }

  add(stream: DohStream): void {
    this.#streams.set(stream.exchange, stream);
  }

  delete({ exchange }: DohStream): void {
    this.#streams.delete(exchange);
  }

  /** What the server says of the streams that it takes at a time (RFC 9113 section 6.5.2); undefined: it sets no bound. */
  allow(most: number | undefined): void {
    this.#allowed = Math.min(most ?? MAX_STREAMS, MAX_STREAMS);
    this.#most = this.#allowed;
  }

  answered(): void {
    if (this.#most < this.#allowed && ++this.#sinceRefusal % RECOVERY === 0) this.#most++;
  }

  /** One was refused, and is gone: the server takes fewer at a time than it says. */
  refused(): void {
    this.#sinceRefusal = 0;
    this.#most = Math.max(1, Math.min(this.#most, this.#streams.size));
  }

  /** Makes room for a question that somebody waits for, where it has to, at the cost of one that nobody waits for. */
  hasRoom(): boolean {
    if (this.#streams.size < this.#most) return true;
    for (const [exchange, stream] of this.#streams) {
      if (!exchange.abandoned) continue;
      this.#drop(stream);
      return true;
    }
    return false;
  }

  /** Gives up those that were abandoned long ago. */
  dropRested(now: number): void {
    for (const [exchange, stream] of this.#streams) {
      if (!exchange.abandoned || now - exchange.sentAt <= REST) return;
      this.#drop(stream);
    }
  }

  /** Gives up those that a server which ends the session does not answer any more; gives their exchanges. */
  dropBeyond(last: number): Exchange[] {
    const lost: Exchange[] = [];
    for (const [exchange, stream] of this.#streams) {
      if (stream.id !== undefined && stream.id <= last) continue;
      this.#drop(stream);
      lost.push(exchange);
    }
    return lost;
  }

  dropAll(): void {
    for (const stream of this.#streams.values()) stream.cancel();
    this.#streams.clear();
  }

  #drop(stream: DohStream): void {
    this.#streams.delete(stream.exchange);
    stream.cancel();
  }
}
