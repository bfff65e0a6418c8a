import { HEADER_LENGTH } from "../../dns/header.ts";
import { decodeMessage } from "../../dns/message.ts";
import { WireError } from "../../dns/text-errors.ts";
import { type Dialed, type Target, dial } from "../../upstream/dial.ts";
import { DohLink } from "../../upstream/doh-link.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import { Exchange } from "../../upstream/exchange.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { LinkOwner } from "../../upstream/link.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import type { BuiltQuery } from "../query/build-query.ts";
import type { Answer, NoAnswer, Session } from "./probe.ts";

/** The daemon's own link over HTTPS, which also shows the connection that it stands on. */
class ShownLink extends DohLink {
  dialed: Dialed | null = null;

  override onOpen(dialed: Dialed): void {
    this.dialed = dialed;
    super.onOpen(dialed);
  }
}

/** A question whose answer is kept whole. */
class ProbeExchange extends Exchange {
  readonly question: Uint8Array;
  readonly questionEnd: number;
  readonly #settle: (result: Uint8Array | Failure) => void;

  constructor({ bytes, message }: BuiltQuery, settle: (result: Uint8Array | Failure) => void) {
    super();
    this.question = bytes;
    this.questionEnd = HEADER_LENGTH + message.questions[0]!.name.length + 4;
    this.#settle = settle;
  }

  length(): number {
    return this.question.length;
  }

  write(out: Buffer, at: number): void {
    out.set(this.question, at);
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    this.#settle(Uint8Array.from(bytes.subarray(start, end)));
    return true;
  }

  doubted(): void {
    // The doctor waits, and says how long.
  }

  lost(failure: Failure): void {
    this.#settle(failure);
  }
}

/** One authenticated HTTP/2 session on which questions are asked to see what the server makes of them. */
export class HttpsProbe implements Session {
  readonly dialed: Dialed;
  readonly #link: DohLink;
  #answers = 0;
  #ended: string | null = null;

  /** Dials as the daemon does, with its authentication; whoever it refuses gets no question. */
  static open(target: Target, options: DohOptions, tickets: TicketStore): Promise<HttpsProbe | Failure> {
    return new Promise((resolve) => {
      let probe: HttpsProbe | null = null;
      const owner: LinkOwner = {
        singly: false,
        onDrained() {},
        onOpen() {
          probe = new HttpsProbe(link, link.dialed!);
          resolve(probe);
        },
        onEnd(_link, failure) {
          if (probe !== null) probe.#ended ??= failure.text;
          resolve(failure);
        },
        onAnswer() {},
        onMismatch() {},
      };
      const link = new ShownLink(target, options, (listener) => dial(target, tickets, listener, "h2"), owner);
    });
  }

  private constructor(link: DohLink, dialed: Dialed) {
    this.#link = link;
    this.dialed = dialed;
  }

  get ended(): string | null {
    return this.#ended;
  }

  ask(queries: readonly BuiltQuery[], timeout: number): Promise<(Answer | NoAnswer)[]> {
    const sentAt = performance.now();
    return Promise.all(queries.map((query) => this.#ask(query, sentAt, timeout)));
  }

  close(): void {
    this.#link.close();
  }

  #ask(query: BuiltQuery, sentAt: number, timeout: number): Promise<Answer | NoAnswer> {
    return new Promise((resolve) => {
      const exchange = new ProbeExchange(query, (result) => {
        clearTimeout(timer);
        resolve("kind" in result ? { reason: result.text } : this.#read(result, sentAt));
      });
      const timer = setTimeout(() => {
        this.#link.abandon(exchange);
        resolve({ reason: `no answer within ${timeout / 1000} s` });
      }, timeout);
      this.#link.ask(exchange, sentAt);
    });
  }

  #read(bytes: Uint8Array, sentAt: number): Answer | NoAnswer {
    const ms = performance.now() - sentAt;
    const place = this.#answers;
    this.#answers += 1;
    try {
      return { message: decodeMessage(bytes), bytes, ms, place };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return { reason: `an answer that cannot be read: ${error.message}` };
    }
  }
}
