import { FrameReader } from "../../dns/frames.ts";
import { type DecodedMessage, decodeMessage } from "../../dns/message.ts";
import { WireError } from "../../dns/text-errors.ts";
import { dial, type Dialed, type Target } from "../../upstream/dial.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import { replyFilter } from "../query/accept.ts";
import type { BuiltQuery } from "../query/build-query.ts";
import { framed } from "../query/exchange-plain.ts";

/** An answer on a probe. */
export interface Answer {
  readonly message: DecodedMessage;
  readonly bytes: Uint8Array;
  /** Milliseconds since its query was written. */
  readonly ms: number;
  /** Its place among the answers of this connection, from 0. */
  readonly place: number;
}

/** Why a question on a probe has no answer. */
export interface NoAnswer {
  readonly reason: string;
}

/** The end of a connection. */
export interface Ending {
  readonly reason: string;
  readonly at: number;
}

/** A connection to an authenticated server on which questions can be asked. */
export interface Session {
  readonly dialed: Dialed;
  /** Why and when it came to its end, in monotonic ms; null while it is open. */
  readonly ended: Ending | null;
  /** Sends all queries at once, in their order. Gives what came of each, after `timeout` ms at the latest. */
  ask(queries: readonly BuiltQuery[], timeout: number): Promise<(Answer | NoAnswer)[]>;
  close(): void;
}

interface Waiting {
  readonly accepts: (bytes: Uint8Array) => boolean;
  readonly sentAt: number;
  readonly settle: (result: Answer | NoAnswer) => void;
}

/** Whether a question was answered. */
export function isAnswer(result: Answer | NoAnswer): result is Answer {
  return "message" in result;
}

/** One authenticated DNS-over-TLS connection on which questions are asked to see what the server makes of them. */
export class Probe implements Session {
  readonly dialed: Dialed;
  readonly #close: (politely: boolean) => void;
  #waiting: Waiting[] = [];
  #answers = 0;
  #ended: Ending | null = null;

  /** Dials as the daemon does, with its authentication; whoever it refuses gets no question. */
  static open(target: Target, tickets: TicketStore): Promise<Probe | Failure> {
    return new Promise((resolve) => {
      let probe: Probe | null = null;
      const frames = new FrameReader({
        onFrame(bytes, start, end) {
          // The buffer is used again after the call, and `slice` of a Buffer would not copy.
          if (probe !== null) probe.#frame(Uint8Array.from(bytes.subarray(start, end)));
          return true;
        },
      });
      const close = dial(target, tickets, {
        onOpen(dialed) {
          probe = new Probe(dialed, (politely) => close(politely));
          resolve(probe);
        },
        onFailure(failure) {
          // A server of TLS 1.3 can only refuse a client after that has thought that all is well.
          if (probe === null) resolve(failure);
          else probe.#end(failure.text);
        },
        onBytes: (bytes, length) => frames.push(bytes, length),
      });
    });
  }

  private constructor(dialed: Dialed, close: (politely: boolean) => void) {
    this.dialed = dialed;
    this.#close = close;
    const { socket } = dialed;
    socket.once("end", () => this.#end("the server closed the connection"));
    socket.once("close", () => this.#end("the connection ended"));
  }

  get ended(): Ending | null {
    return this.#ended;
  }

  ask(queries: readonly BuiltQuery[], timeout: number): Promise<(Answer | NoAnswer)[]> {
    const sentAt = performance.now();
    const results = queries.map((query) => this.#wait(query, sentAt, timeout));
    if (this.#ended === null)
      this.dialed.socket.write(Buffer.concat(queries.map(({ bytes }) => framed(bytes))));
    return Promise.all(results);
  }

  close(): void {
    this.#end("closed");
    this.#close(true);
  }

  #wait({ message }: BuiltQuery, sentAt: number, timeout: number): Promise<Answer | NoAnswer> {
    return new Promise((resolve) => {
      if (this.#ended !== null) {
        resolve({ reason: this.#ended.reason });
        return;
      }
      const seconds = timeout / 1000;
      const timer = setTimeout(() => settle({ reason: `no answer within ${seconds} s` }), timeout);
      const settle = (result: Answer | NoAnswer): void => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve(result);
      };
      const waiting: Waiting = { accepts: replyFilter(message, () => {}), sentAt, settle };
      this.#waiting.push(waiting);
    });
  }

  #frame(bytes: Uint8Array): void {
    const now = performance.now();
    const waiting = this.#waiting.find(({ accepts }) => accepts(bytes));
    if (waiting === undefined) return;
    const place = this.#answers;
    this.#answers += 1;
    try {
      waiting.settle({ message: decodeMessage(bytes), bytes, ms: now - waiting.sentAt, place });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      waiting.settle({ reason: `an answer that cannot be read: ${error.message}` });
    }
  }

  #end(reason: string): void {
    this.#ended ??= { reason, at: performance.now() };
    for (const { settle } of this.#waiting) settle({ reason: this.#ended.reason });
  }
}
