import { HEADER_LENGTH } from "../dns/header.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import { Exchange } from "./exchange.ts";
import { type ForwardedQuestion, queryLength, writeQuery } from "./query-writer.ts";

/** `. NS`: every resolver has its answer at hand, and it tells nothing about anybody. */
const bytes = new Uint8Array(HEADER_LENGTH + 5);
bytes[HEADER_LENGTH + 2] = RrType.NS;
bytes[HEADER_LENGTH + 4] = RrClass.IN;
const question: ForwardedQuestion = { bytes, questionEnd: bytes.length, flags: 0, dnssecOk: false };

/** A question of our own, to see whether a server, or a link that fell quiet, answers. Its answer is all there is to it. */
export class Probe extends Exchange {
  /** Answered, or lost with its link. */
  over = false;
  readonly question: Uint8Array = question.bytes;
  readonly questionEnd: number = question.questionEnd;

  length(form: number): number {
    return queryLength(question, form, true);
  }

  write(out: Buffer, at: number, form: number): void {
    writeQuery(question, out, at, form, true);
  }

  answered(): boolean {
    this.over = true;
    return true;
  }

  doubted(): void {
    // It stays out as long as its link does; the next probe comes with the next link.
  }

  lost(): void {
    // What that means the connection has told its owner.
    this.over = true;
  }
}
