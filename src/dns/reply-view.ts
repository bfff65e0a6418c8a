import { Flag, HEADER_LENGTH, HeaderOffset, readU16 } from "./header.ts";
import { EdnsOption, optionsAreWhole } from "./opt.ts";
import { RecordCursor, Section, skipName } from "./records.ts";
import { RrType } from "./rrtype.ts";
import { boundTtlHere } from "./ttl-bounds.ts";

const cursor = new RecordCursor();

/** What a server answered, read in place: where its parts are. One object, filled anew by `read`; nothing is decoded. */
export class ReplyView {
  bytes: Uint8Array = new Uint8Array(0);
  /** The message is bytes[start..end). */
  start = 0;
  end = 0;
  flags = 0;
  /** With the high bits from OPT (RFC 6891 section 6.1.3). */
  rcode = 0;
  /** Offset of the first record: behind the question. */
  recordsAt = 0;
  /** Offset of the OPT record and behind it; both are `end` when there is none. */
  optAt = 0;
  optEnd = 0;
  /** Bytes that extended errors take up in OPT, their headers included (RFC 8914). */
  errorsLength = 0;
  /** What edns-tcp-keepalive says, ms; -1: nothing (RFC 7828). */
  keepalive = -1;
  /** Whether an extended error says that DNSSEC validation failed: another server would only be one that does not look. */
  bogus = false;

  /**
   * Reads the message bytes[start..end), which has a whole header, and bounds the TTLs of its records. False when it is
   * malformed: a name, a count or a length that does not fit, two OPT records, options that overrun.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.flags = readU16(bytes, start + HeaderOffset.FLAGS);
    this.rcode = this.flags & Flag.RCODE;
    this.optAt = end;
    this.optEnd = end;
    this.errorsLength = 0;
    this.keepalive = -1;
    this.bogus = false;
    let at = start + HEADER_LENGTH;
    for (let left = readU16(bytes, start + HeaderOffset.QDCOUNT); left > 0; left--) {
      at = skipName(bytes, at, start, end);
      if (at < 0 || at + 4 > end) return false;
      at += 4;
    }
    this.recordsAt = at;
    cursor.reset(bytes, start, end, at);
    while (cursor.next()) {
      if (cursor.type === RrType.OPT) {
        if (!this.#readOpt()) return false;
      } else boundTtlHere(cursor);
    }
    // What stands behind the last record belongs to nobody.
    this.end = cursor.at;
    if (this.optAt === end) {
      this.optAt = this.end;
      this.optEnd = this.end;
    }
    return !cursor.broken;
  }

  #readOpt(): boolean {
    if (cursor.section !== Section.ADDITIONAL || this.optAt !== this.end) return false;
    const { bytes, rdataAt, rdataLength } = cursor;
    if (bytes[cursor.ownerAt] !== 0 || !optionsAreWhole(bytes, rdataAt, rdataAt + rdataLength)) return false;
    this.optAt = cursor.ownerAt;
    this.optEnd = cursor.at;
    this.rcode |= bytes[cursor.typeAt + 4]! << 4;
    for (let at = rdataAt; at < cursor.at; at += 4 + readU16(bytes, at + 2)) {
      this.#readOption(readU16(bytes, at), at + 4, readU16(bytes, at + 2));
    }
    return true;
  }

  #readOption(code: number, at: number, length: number): void {
    if (code === EdnsOption.EXTENDED_ERROR) {
      this.errorsLength += 4 + length;
      if (length >= 2 && isBogus(readU16(this.bytes, at))) this.bogus = true;
    } else if (code === EdnsOption.KEEPALIVE && length === 2) {
      this.keepalive = readU16(this.bytes, at) * 100;
    }
  }
}

/** Extended errors that say that validation failed: from DNSSEC Bogus to NSEC Missing (RFC 8914 section 4.7 to 4.13). */
function isBogus(code: number): boolean {
  return code >= 6 && code <= 12;
}
