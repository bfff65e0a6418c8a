import { Flag, HEADER_LENGTH, HeaderOffset, readU16 } from "./header.ts";
import { HASH_SEED, finishHash, mixByte } from "./name-hash.ts";
import { EdnsFlag, EdnsOption, MIN_UDP_SIZE, optionsAreWhole } from "./opt.ts";
import { MAX_NAME, RecordCursor, Section, skipName } from "./records.ts";
import { RrType } from "./rrtype.ts";

/** What is to be done with a message that a client sent. */
export const Reading = {
  /** A query that can be answered. */
  QUERY: 0,
  /** No answer at all: too short for a header, or a response (QR=1), which would make a loop. */
  DROP: 1,
  FORMERR: 2,
  NOTIMP: 3,
  BADVERS: 4,
} as const;

const cursor = new RecordCursor();

/** Shared: a typed array for each new object would be a good part of its cost. */
const NO_BYTES = new Uint8Array(0);

/**
 * A client's message read in place: header, question and EDNS. One object, filled anew by `read`; it decodes and
 * allocates nothing. What it holds beside the header is meant only for the readings that say so.
 */
export class QueryView {
  bytes: Uint8Array = NO_BYTES;
  /** Length of the message in `bytes`, from offset 0. */
  length = 0;
  id = 0;
  /** The 16 flag bits as received. */
  flags = 0;
  /** Wire length of the question's name, root label included; 0 when it could not be read. */
  nameLength = 0;
  /** Hash of the name, case folded: 30 bits. */
  nameHash = 0;
  type = 0;
  class = 0;
  /** Offset behind the question; HEADER_LENGTH when it could not be read. */
  questionEnd: number = HEADER_LENGTH;
  /** Whether an OPT record came, however wrong it was: OPT in means OPT out (RFC 6891 section 7). */
  hasEdns = false;
  /** What the client can receive over UDP, at least 512 (RFC 6891 section 6.2.3); 512 without EDNS. */
  udpSize: number = MIN_UDP_SIZE;
  dnssecOk = false;
  /** Whether the edns-tcp-keepalive option came over a stream (RFC 7828). */
  wantsKeepalive = false;
  /** The flags of the reply that was written last. */
  replyFlags = 0;

  #stream = false;

  /**
   * Reads bytes[0..length) and says what is to be done with it: one of `Reading`. `stream`: it came over TCP or TLS, where
   * the keepalive option means something.
   */
  read(bytes: Uint8Array, length: number, stream: boolean): number {
    this.#stream = stream;
    this.bytes = bytes;
    this.length = length;
    this.nameLength = 0;
    this.nameHash = 0;
    this.type = 0;
    this.class = 0;
    this.questionEnd = HEADER_LENGTH;
    this.hasEdns = false;
    this.udpSize = MIN_UDP_SIZE;
    this.dnssecOk = false;
    this.wantsKeepalive = false;
    if (length < HEADER_LENGTH) return Reading.DROP;
    this.id = readU16(bytes, HeaderOffset.ID);
    this.flags = readU16(bytes, HeaderOffset.FLAGS);
    if ((this.flags & Flag.QR) !== 0) return Reading.DROP;
    const reading = this.#readSections(bytes, length);
    // The sections are read all the same: who sent OPT gets OPT, whatever the operation (RFC 6891 section 7).
    return (this.flags & Flag.OPCODE) === 0 ? reading : Reading.NOTIMP;
  }

  #readSections(bytes: Uint8Array, length: number): number {
    const questions = readU16(bytes, HeaderOffset.QDCOUNT);
    if (questions !== 1) {
      // RFC 9619: a query has one question. An error without OPT would say that we know no EDNS (RFC 6891 section 7).
      const at = skipQuestions(bytes, length, questions);
      if (at > 0) this.#readRecords(bytes, length, at);
      return Reading.FORMERR;
    }
    if (!this.#readQuestion(bytes, length)) return Reading.FORMERR;
    return this.#readRecords(bytes, length, this.questionEnd);
  }

  /** The first name of a message has nothing before it to point to: only plain labels are right (RFC 1035 4.1.4). */
  #readQuestion(bytes: Uint8Array, length: number): boolean {
    let at = HEADER_LENGTH;
    let hash = HASH_SEED;
    for (;;) {
      const label = bytes[at]!;
      if (at >= length || label > 63 || at + label - HEADER_LENGTH >= MAX_NAME) return false;
      const next = at + label + 1;
      if (next > length) return false;
      for (; at < next; at++) hash = mixByte(hash, bytes[at]!);
      if (label === 0) break;
    }
    if (at + 4 > length) return false;
    this.nameLength = at - HEADER_LENGTH;
    this.nameHash = finishHash(hash);
    this.type = readU16(bytes, at);
    this.class = readU16(bytes, at + 2);
    this.questionEnd = at + 4;
    return true;
  }

  /** Finds OPT wherever it stands in the additional section (RFC 6891 section 6.1.1); other records are passed over. */
  #readRecords(bytes: Uint8Array, length: number, at: number): number {
    cursor.reset(bytes, 0, length, at);
    let version = 0;
    let wrong = false;
    while (cursor.next()) {
      if (cursor.type !== RrType.OPT) continue;
      if (cursor.section !== Section.ADDITIONAL || this.hasEdns || bytes[cursor.ownerAt] !== 0) wrong = true;
      this.hasEdns = true;
      const { typeAt } = cursor;
      this.udpSize = Math.max(MIN_UDP_SIZE, readU16(bytes, typeAt + 2));
      version = bytes[typeAt + 5]!;
      this.dnssecOk = (bytes[typeAt + 6]! & EdnsFlag.DO_HIGH_BYTE) !== 0;
      if (!this.#readOptions(bytes, cursor.rdataAt, cursor.rdataLength)) wrong = true;
    }
    if (cursor.broken || wrong) return Reading.FORMERR;
    return version > 0 ? Reading.BADVERS : Reading.QUERY;
  }

  #readOptions(bytes: Uint8Array, at: number, length: number): boolean {
    if (length === 0) return true;
    if (!optionsAreWhole(bytes, at, at + length)) return false;
    for (let here = at; here < at + length; here += 4 + readU16(bytes, here + 2)) {
      // Over UDP the option is to be ignored, whatever it says; else a client sends it without a value (RFC 7828 section 3.2.1).
      if (!this.#stream || readU16(bytes, here) !== EdnsOption.KEEPALIVE) continue;
      if (readU16(bytes, here + 2) !== 0) return false;
      this.wantsKeepalive = true;
    }
    return true;
  }
}

/** Offset behind the question section, or -1 when a question is malformed. */
function skipQuestions(bytes: Uint8Array, length: number, count: number): number {
  let at: number = HEADER_LENGTH;
  for (let left = count; left > 0; left--) {
    at = skipName(bytes, at, 0, length);
    if (at < 0 || at + 4 > length) return -1;
    at += 4;
  }
  return at;
}
