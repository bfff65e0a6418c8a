import { HEADER_LENGTH, HeaderOffset, readU16 } from "./header.ts";

/** Longest name in wire form, root label included (RFC 1035 section 3.1). */
export const MAX_NAME = 255;

/**
 * Where the name at `at` ends: the offset behind its root label or its pointer, or -1 when it is malformed.
 * `start` and `end` are the bounds of the message. Pointers are not followed, so that a walk over all records stays
 * O(n) whatever they say; each must point to before the name it ends (RFC 1035 section 4.1.4 "prior occurrence"), so
 * that whoever follows them later cannot loop.
 */
export function skipName(bytes: Uint8Array, at: number, start: number, end: number): number {
  let here = at;
  while (here < end) {
    const length = bytes[here]!;
    if (length === 0) return here + 1 - at <= MAX_NAME ? here + 1 : -1;
    if (length >= 0xc0) {
      if (here + 2 > end) return -1;
      const target = ((length & 0x3f) << 8) | bytes[here + 1]!;
      return target >= HEADER_LENGTH && target < at - start ? here + 2 : -1;
    }
    if (length > 63) return -1;
    here += length + 1;
    if (here - at >= MAX_NAME) return -1;
  }
  return -1;
}

/** The sections that hold records, in their order (RFC 1035 section 4.1). */
export const Section = { ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2 } as const;

/**
 * A walk over the records of a message that allocates nothing and decodes nothing: one object, used again for each
 * message. The fields describe the record that `next()` came to; they are offsets into `bytes`.
 */
export class RecordCursor {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Offset of the record's owner name. */
  ownerAt = 0;
  /** Offset of its type field; class, TTL and RDLENGTH follow at +2, +4 and +8. */
  typeAt = 0;
  type = 0;
  rdataAt = 0;
  rdataLength = 0;
  /** One of `Section`. */
  section = 0;
  /** Offset behind the record: where the next one starts. */
  at = 0;
  /** True when the walk ended because the message is malformed or its counts promise more than it holds. */
  broken = false;

  #leftInSection = 0;

  /** Goes to before the first record: `at` is behind the question section, the message is bytes[start..end). */
  reset(bytes: Uint8Array, start: number, end: number, at: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.at = at;
    this.section = Section.ANSWER;
    this.broken = false;
    this.#leftInSection = readU16(bytes, start + HeaderOffset.ANCOUNT);
  }

  /** Goes to the next record. False at the end of the message, or where it is `broken`. */
  next(): boolean {
    const { bytes } = this;
    while (this.#leftInSection === 0) {
      if (this.section === Section.ADDITIONAL) return false;
      this.section++;
      this.#leftInSection = readU16(
        bytes,
        this.start + (this.section === Section.AUTHORITY ? HeaderOffset.NSCOUNT : HeaderOffset.ARCOUNT),
      );
    }
    this.#leftInSection--;
    this.ownerAt = this.at;
    const typeAt = skipName(bytes, this.at, this.start, this.end);
    if (typeAt < 0 || typeAt + 10 > this.end) return this.#break();
    const rdataLength = readU16(bytes, typeAt + 8);
    if (typeAt + 10 + rdataLength > this.end) return this.#break();
    this.typeAt = typeAt;
    this.type = readU16(bytes, typeAt);
    this.rdataAt = typeAt + 10;
    this.rdataLength = rdataLength;
    this.at = typeAt + 10 + rdataLength;
    return true;
  }

  #break(): boolean {
    this.broken = true;
    return false;
  }
}
