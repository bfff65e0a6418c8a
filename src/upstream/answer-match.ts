import { Flag, HEADER_LENGTH, HeaderOffset, readU16 } from "../dns/header.ts";
import { equalFolded } from "../dns/name-hash.ts";
import { Rcode } from "../dns/rcode.ts";
import { RrType } from "../dns/rrtype.ts";

/** A question that was asked: bytes 12 to `questionEnd` of `question`. */
export interface Asked {
  readonly question: Uint8Array;
  readonly questionEnd: number;
}

/** Codes with which a server may leave out the question it could not read. */
const questionless: ReadonlySet<number> = new Set([
  Rcode.FORMERR,
  Rcode.SERVFAIL,
  Rcode.NOTIMP,
  Rcode.REFUSED,
]);

/**
 * Whether the message bytes[start..end), which has a whole header, answers what was asked: a response to a query with
 * the same question, but for case (RFC 7766 section 7, RFC 5452 section 9.1). Only an error may come without the
 * question. Ids are the caller's business.
 */
export function answers(bytes: Uint8Array, start: number, end: number, asked: Asked): boolean {
  const flags = readU16(bytes, start + HeaderOffset.FLAGS);
  if ((flags & (Flag.QR | Flag.OPCODE)) !== Flag.QR) return false;
  const questions = readU16(bytes, start + HeaderOffset.QDCOUNT);
  if (questions === 0) return questionless.has(flags & Flag.RCODE) && isBare(bytes, start, end);
  const length = asked.questionEnd - HEADER_LENGTH;
  if (questions !== 1 || start + HEADER_LENGTH + length > end) return false;
  const name = length - 4;
  const at = start + HEADER_LENGTH;
  return (
    equalFolded(bytes, at, asked.question, HEADER_LENGTH, name) &&
    readU16(bytes, at + name) === readU16(asked.question, HEADER_LENGTH + name) &&
    readU16(bytes, at + name + 2) === readU16(asked.question, HEADER_LENGTH + name + 2)
  );
}

/** No record but OPT: others may point into the message, and it becomes longer when the question is put in. */
function isBare(bytes: Uint8Array, start: number, end: number): boolean {
  const at = start + HEADER_LENGTH;
  const additional = readU16(bytes, start + HeaderOffset.ARCOUNT);
  if (readU16(bytes, start + HeaderOffset.ANCOUNT) + readU16(bytes, start + HeaderOffset.NSCOUNT) > 0)
    return false;
  return (
    additional === 0 ||
    (additional === 1 && at + 3 <= end && bytes[at] === 0 && readU16(bytes, at + 1) === RrType.OPT)
  );
}
