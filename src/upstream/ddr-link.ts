import type { Designation } from "./ddr-answer.ts";
import type { DdrBook } from "./ddr-book.ts";
import { STEP_TIMEOUT } from "./dial.ts";
import type { Exchange } from "./exchange.ts";
import { ExchangeQueue } from "./exchange-queue.ts";
import { CLOSED_BY_US, type Failure } from "./failure.ts";
import type { Link, LinkInfo, LinkOwner, Opening } from "./link.ts";

/**
 * A link to the resolver that a plain one designates, made as soon as that is known: only then it is clear whether TLS or
 * HTTPS is spoken. Until then exchanges wait here, afterwards all is up to that link.
 */
export class DdrLink implements Link, LinkOwner {
  opening: Opening | null = null;

  #owner: LinkOwner;
  #book: DdrBook;
  #make: (designation: Designation, owner: LinkOwner) => Link;
  #link: Link | null = null;
  #over = false;
  #waiting = new ExchangeQueue();
  #limit: NodeJS.Timeout | undefined;

  /** `make` makes a link to a designation. */
  constructor(owner: LinkOwner, book: DdrBook, make: (designation: Designation, owner: LinkOwner) => Link) {
    this.#owner = owner;
    this.#book = book;
    this.#make = make;
    const known = book.current();
    if (known === null) {
      this.#limit = setTimeout(() => this.#end(book.reason), STEP_TIMEOUT);
      void this.#discover();
    } else this.#link = make(known, this);
  }

  get state(): "connecting" | "open" | "over" {
    if (this.#over) return "over";
    return this.#link?.state ?? "connecting";
  }

  get answered(): number {
    return this.#link?.answered ?? 0;
  }

  get load(): number {
    return this.#link?.load ?? this.#waiting.load;
  }

  get quietSince(): number {
    return this.#link?.quietSince ?? 0;
  }

  get full(): boolean {
    return this.#link?.full ?? false;
  }

  get lagging(): boolean {
    return this.#link?.lagging ?? false;
  }

  get singly(): boolean {
    return this.#owner.singly;
  }

  ask(exchange: Exchange, now: number): void {
    if (this.#link !== null) this.#link.ask(exchange, now);
    else if (this.#over) exchange.lost(CLOSED_BY_US, false);
    else this.#waiting.push(exchange);
  }

  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
    if (this.#link === null) this.#waiting.leave();
    else this.#link.abandon(exchange);
  }

  held(): Exchange[] {
    return this.#link?.held() ?? this.#waiting.waiting();
  }

  close(): void {
    if (this.#link === null) this.#end(CLOSED_BY_US);
    else this.#link.close();
  }

  onOpen(_link: Link, info: LinkInfo): void {
    this.#owner.onOpen(this, info);
  }

  onEnd(_link: Link, failure: Failure, opened: boolean, lost: number): void {
    this.#owner.onEnd(this, failure, opened, lost);
  }

  onAnswer(_link: Link, exchange: Exchange): void {
    this.#owner.onAnswer(this, exchange);
  }

  onDrained(): void {
    this.#owner.onDrained();
  }

  onMismatch(): void {
    this.#owner.onMismatch(this);
  }

  async #discover(): Promise<void> {
    await this.#book.ready();
    if (this.#over) return;
    const found = this.#book.current();
    if (found === null) {
      this.#end(this.#book.reason);
      return;
    }
    clearTimeout(this.#limit);
    this.#link = this.#make(found, this);
    const waiting = this.#waiting.drain();
    const now = performance.now();
    for (const exchange of waiting) if (!exchange.abandoned) this.#link.ask(exchange, now);
  }

  /** Discovery came to nothing, or is no longer wanted. */
  #end(failure: Failure): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#limit);
    const lost = this.held();
    this.#waiting.drain();
    this.#owner.onEnd(this, failure, false, lost.length);
    // Given up while those before it were lost.
    for (const exchange of lost) if (!exchange.abandoned) exchange.lost(failure, false);
  }
}
