import { decodeMessage } from "../../dns/message.ts";
import { WireError } from "../../dns/text-errors.ts";
import { type Dialed, type Target, dial } from "../../upstream/dial.ts";
import type { DohLink } from "../../upstream/doh-link.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { LinkOwner } from "../../upstream/link.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import type { BuiltQuery } from "../query/build-query.ts";
import { ShownLink, WholeExchange } from "../reach/https-link.ts";
import type { Answer, Ending, NoAnswer, Session } from "./probe.ts";

/** One authenticated HTTP/2 session on which questions are asked to see what the server makes of them. */
export class HttpsProbe implements Session {
  readonly dialed: Dialed;
  readonly #link: DohLink;
  #answers = 0;
  #ended: Ending | null = null;

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
          if (probe !== null) probe.#ended ??= { reason: failure.text, at: performance.now() };
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

  get ended(): Ending | null {
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
      const exchange = new WholeExchange(query, (result) => {
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
