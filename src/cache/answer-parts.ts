import { cutOpt } from "../dns/cut-opt.ts";
import { HEADER_LENGTH, HeaderOffset, readU16 } from "../dns/header.ts";
import { RecordCursor } from "../dns/records.ts";
import { ReplyView } from "../dns/reply-view.ts";
import { copyErrors } from "../dns/reply-writer.ts";
import { RrType } from "../dns/rrtype.ts";

const NO_BYTES = new Uint8Array(0);

/** A record has at least a root name, type, class, TTL and length: 11 bytes. So many fit into a message. */
const MOST_RECORDS = 5958;

/** What is stored of a message. One object, filled anew. */
export class AnswerParts {
  flags = 0;
  rcode = 0;
  answers = 0;
  authorities = 0;
  additionals = 0;
  /** The records are bytes[recordsFrom..recordsFrom + recordsLength). */
  bytes: Uint8Array = NO_BYTES;
  recordsFrom = 0;
  recordsLength = 0;
  /** Where their TTLs stand, from the first record on. */
  readonly ttlAt: Uint16Array = new Uint16Array(MOST_RECORDS);
  ttls = 0;
  /** Bytes of the extended errors, one option after the other. */
  errorsLength = 0;

  #reply: ReplyView | null = null;
  #errors: Uint8Array = NO_BYTES;
  #cursor = new RecordCursor();
  #cut: ReplyView | null = null;

  /** Reads a reply that has a question of `nameLength` bytes. False when it has not, or its records cannot be read. */
  readReply(reply: ReplyView, nameLength: number): boolean {
    if (reply.recordsAt - reply.start !== HEADER_LENGTH + nameLength + 4) return false;
    let view = reply;
    let hasOpt = reply.optEnd > reply.optAt;
    if (reply.optEnd < reply.end) {
      const cut = cutOpt(reply);
      this.#cut ??= new ReplyView();
      if (cut === null || !this.#cut.read(cut, 0, cut.length)) return false;
      view = this.#cut;
      hasOpt = false;
    }
    const { bytes, start } = view;
    this.flags = reply.flags;
    this.rcode = reply.rcode;
    this.answers = readU16(bytes, start + HeaderOffset.ANCOUNT);
    this.authorities = readU16(bytes, start + HeaderOffset.NSCOUNT);
    this.additionals = readU16(bytes, start + HeaderOffset.ARCOUNT) - (hasOpt ? 1 : 0);
    this.bytes = bytes;
    this.recordsFrom = view.recordsAt;
    this.recordsLength = view.optAt - view.recordsAt;
    this.errorsLength = reply.errorsLength;
    this.#reply = reply;
    this.ttls = 0;
    const cursor = this.#cursor;
    cursor.reset(bytes, start, view.end, view.recordsAt);
    while (cursor.next()) {
      if (cursor.type !== RrType.OPT) this.ttlAt[this.ttls++] = cursor.typeAt + 4 - view.recordsAt;
    }
    return !cursor.broken;
  }

  /** A failure that has no message. `errors`: extended errors as options in wire form. */
  setFailure(rcode: number, errors: Uint8Array): void {
    this.flags = rcode & 15;
    this.rcode = rcode;
    this.answers = 0;
    this.authorities = 0;
    this.additionals = 0;
    this.bytes = NO_BYTES;
    this.recordsFrom = 0;
    this.recordsLength = 0;
    this.ttls = 0;
    this.errorsLength = errors.length;
    this.#errors = errors;
    this.#reply = null;
  }

  /** Writes the extended errors to out[at..at + errorsLength). */
  writeErrors(out: Uint8Array, at: number): void {
    const reply = this.#reply;
    if (reply === null) {
      out.set(this.#errors, at);
      return;
    }
    copyErrors(out, at, reply);
  }

  /** Lets go of the message. */
  forget(): void {
    this.bytes = NO_BYTES;
    this.#errors = NO_BYTES;
    this.#reply = null;
  }
}
