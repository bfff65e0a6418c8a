import type { AnswerCache } from "../cache/answer-cache.ts";
import { HEADER_LENGTH } from "../dns/header.ts";
import { shiftPointers } from "../dns/shift-pointers.ts";
import type { StoredAnswer } from "../dns/stored-reply.ts";

/** What the cache has found about a name, as an answer about a name below it, which is longer (RFC 8020). */
export class CutAnswer implements StoredAnswer {
  flags = 0;
  rcode = 0;
  answers = 0;
  authorities = 0;
  additionals = 0;
  recordsLength = 0;
  errorsLength = 0;

  #cache: AnswerCache;
  #nameLength = 0;
  #shorterBy = 0;

  constructor(cache: AnswerCache) {
    this.#cache = cache;
  }

  /** Takes what was found last. Lengths in wire form: `nameLength` of the name that was asked for. */
  take(nameLength: number, shorterBy: number): void {
    const cache = this.#cache;
    this.flags = cache.flags;
    this.rcode = cache.rcode;
    this.answers = cache.answers;
    this.authorities = cache.authorities;
    this.additionals = cache.additionals;
    this.recordsLength = cache.recordsLength;
    this.errorsLength = cache.errorsLength;
    this.#nameLength = nameLength;
    this.#shorterBy = shorterBy;
  }

  copyRecords(out: Uint8Array, at: number, ttl: number): boolean {
    if (!this.#cache.copyRecords(out, at, ttl)) return false;
    const start = at - this.#nameLength - 4 - HEADER_LENGTH;
    return shiftPointers(out, start, at + this.recordsLength, at, this.#shorterBy);
  }

  copyErrors(out: Uint8Array, at: number): boolean {
    return this.#cache.copyErrors(out, at);
  }
}
