import { Exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import type { Link, LinkOwner } from "./link.ts";

/** How long TCP has for the whole of an answer that was cut short, ms: it leaves a client time to hear of the short one. */
const PATIENCE = 2000;

/** Who hears of what came of it. */
export interface FallbackListener {
  /** The exchange has its answer. */
  onFallback(exchange: Exchange): void;
  onMismatch(): void;
}

/**
 * The way over TCP of what UDP cannot carry: answers that were cut short (RFC 7766 section 5), and everything while
 * somebody guesses. Where TCP comes to nothing, an answer that was cut short is better than none.
 */
export class UdpFallback implements LinkOwner {
  readonly singly = false;
  #open: (owner: LinkOwner) => Link;
  #listener: FallbackListener;
  #tcp: Link | null = null;
  #retries = new Map<Exchange, Retry>();
  #closing = false;

  /** `open` opens a link to the same server over plain TCP. */
  constructor(open: (owner: LinkOwner) => Link, listener: FallbackListener) {
    this.#open = open;
    this.#listener = listener;
  }

  get load(): number {
    return this.#tcp?.load ?? 0;
  }

  get quietSince(): number {
    return this.#tcp?.quietSince ?? 0;
  }

  /** Asks over TCP; `cut` is the answer that was cut short, null: there is none. */
  ask(exchange: Exchange, cut: Buffer | null, now: number): void {
    if (exchange.abandoned) return;
    if (this.#tcp === null || this.#tcp.state === "over") this.#tcp = this.#open(this);
    const retry = new Retry(exchange, cut, now + PATIENCE, (settled) => this.#retries.delete(settled));
    this.#retries.set(exchange, retry);
    retry.onLost = (failure, progress) => {
      if (!this.#closing && retry.giveCut()) this.#listener.onFallback(exchange);
      else exchange.lost(failure, progress);
    };
    this.#tcp.ask(retry, now);
  }

  abandon(exchange: Exchange): void {
    const retry = this.#retries.get(exchange);
    if (retry === undefined) return;
    this.#retries.delete(exchange);
    retry.abandoned = true;
    this.#tcp?.abandon(retry);
  }

  held(): Exchange[] {
    return [...this.#retries.keys()].filter((exchange) => !exchange.abandoned);
  }

  /** Gives answers that were cut short where TCP takes too long. True while there may be more to give. */
  tick(now: number): boolean {
    for (const [exchange, retry] of this.#retries) {
      if (retry.cut === null || now < retry.dueAt) continue;
      this.abandon(exchange);
      if (retry.giveCut()) this.#listener.onFallback(exchange);
    }
    return this.#retries.size > 0;
  }

  /** Ends it; what is on its way is lost, to be asked again. */
  close(): void {
    this.#closing = true;
    this.#tcp?.close();
    this.#closing = false;
  }

  onEnd(link: Link): void {
    if (this.#tcp === link) this.#tcp = null;
  }

  onAnswer(_link: Link, exchange: Exchange): void {
    if (exchange instanceof Retry) this.#listener.onFallback(exchange.original);
  }

  onMismatch(): void {
    this.#listener.onMismatch();
  }

  onOpen(): void {
    // The server is known over UDP.
  }

  onDrained(): void {
    // TLS records are no matter of plain TCP.
  }
}

/** An exchange on its way over TCP. */
class Retry extends Exchange {
  readonly original: Exchange;
  readonly cut: Buffer | null;
  /** When the answer that was cut short has to do, monotonic ms. */
  readonly dueAt: number;
  onLost: (failure: Failure, progress: boolean) => void = () => {};
  #settle: (original: Exchange) => void;

  constructor(original: Exchange, cut: Buffer | null, dueAt: number, settle: (original: Exchange) => void) {
    super();
    this.original = original;
    this.cut = cut;
    this.dueAt = dueAt;
    this.#settle = settle;
  }

  get question(): Uint8Array {
    return this.original.question;
  }

  get questionEnd(): number {
    return this.original.questionEnd;
  }

  /** Answers with what was cut short. False when there is none, or it cannot be read. */
  giveCut(): boolean {
    this.original.answeredAt = performance.now();
    return this.cut !== null && this.original.answered(this.cut, 0, this.cut.length);
  }

  length(form: number): number {
    return this.original.length(form);
  }

  write(out: Buffer, at: number, form: number): void {
    this.original.write(out, at, form, this.id);
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    this.original.answeredAt = this.answeredAt;
    const isRead = this.original.answered(bytes, start, end);
    if (isRead) this.#settle(this.original);
    return isRead;
  }

  doubted(again: boolean): void {
    this.original.doubted(again);
  }

  lost(failure: Failure, progress: boolean): void {
    this.#settle(this.original);
    this.onLost(failure, progress);
  }
}
