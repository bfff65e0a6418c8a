import { HEADER_LENGTH } from "../../dns/header.ts";
import type { Dialed } from "../../upstream/dial.ts";
import { DohLink } from "../../upstream/doh-link.ts";
import { Exchange } from "../../upstream/exchange.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { BuiltQuery } from "../query/build-query.ts";

/** The server's own link over HTTPS, which also shows the connection that it stands on. */
export class ShownLink extends DohLink {
  dialed: Dialed | null = null;

  override onOpen(dialed: Dialed): void {
    this.dialed = dialed;
    super.onOpen(dialed);
  }
}

/** A question whose answer is kept whole. */
export class WholeExchange extends Exchange {
  readonly question: Uint8Array;
  readonly questionEnd: number;
  readonly #settle: (result: Uint8Array | Failure) => void;

  /** `settle` is called once, with the bytes of the answer or why there is none. */
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
    // Whoever asks waits, and says how long.
  }

  lost(failure: Failure): void {
    this.#settle(failure);
  }
}
