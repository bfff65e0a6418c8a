import { HeaderOffset, writeU16 } from "./header.ts";
import { closeOpt } from "./opt.ts";
import type { QueryView } from "./query-view.ts";
import {
  type ExtraError,
  type ReplyRoom,
  type ReplyWay,
  extraLength,
  openReplyOpt,
  optLength,
  sizeLimit,
  visibleFlags,
  writeHead,
} from "./reply-writer.ts";

/** An answer that somebody keeps without its question and its OPT. */
export interface StoredAnswer {
  /** The header's flags as the server sent them. */
  readonly flags: number;
  /** With its high bits. */
  readonly rcode: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly recordsLength: number;
  /** Bytes of extended errors, their headers included; 0: none. */
  readonly errorsLength: number;
  /**
   * Writes the records with what is left of their TTLs, or with `ttl` for all of them unless that is negative. False when they changed
   * under way: what was written is worthless.
   */
  copyRecords(out: Uint8Array, at: number, ttl: number): boolean;
  /** Writes the extended errors as options of OPT. False as in `copyRecords`. */
  copyErrors(out: Uint8Array, at: number): boolean;
}

/**
 * A stored answer as this client may see it, by the rules of `writeReply`; the records go from where they are kept into
 * the room that they are sent from, once. `extra` is added to the extended errors that came with the answer. Gives the
 * length, or -1 when the answer changed while it was read: then nothing is to be sent.
 */
export function writeStored(
  query: QueryView,
  answer: StoredAnswer,
  ttl: number,
  extra: ExtraError | null,
  way: ReplyWay,
  rooms: ReplyRoom,
): number {
  const limit = sizeLimit(query, way);
  const { questionEnd } = query;
  const { recordsLength } = answer;
  const fixed = questionEnd + optLength(query, way);
  const whole = fixed + recordsLength <= limit;
  const body = fixed + (whole ? recordsLength : 0);
  const room = query.hasEdns && whole ? limit - body : 0;
  const ownLength = extra === null ? 0 : extraLength(extra);
  const withOwn = ownLength > 0 && ownLength <= room;
  const left = withOwn ? room - ownLength : room;
  const withErrors = answer.errorsLength > 0 && answer.errorsLength <= left;
  const size = body + (withOwn ? ownLength : 0) + (withErrors ? answer.errorsLength : 0);
  const out = rooms.room(size);
  const start = rooms.roomAt;
  writeHead(out, start, query, visibleFlags(query, answer.flags, answer.rcode, whole), true);
  let at = start + questionEnd;
  if (whole && recordsLength > 0) {
    writeU16(out, start + HeaderOffset.ANCOUNT, answer.answers);
    writeU16(out, start + HeaderOffset.NSCOUNT, answer.authorities);
    writeU16(out, start + HeaderOffset.ARCOUNT, answer.additionals);
    if (!answer.copyRecords(out, at, ttl)) return -1;
    at += recordsLength;
  }
  if (!query.hasEdns) return size;
  const optAt = at;
  at = openReplyOpt(out, start, optAt, query, way, answer.rcode, withOwn ? extra : null);
  if (withErrors) {
    if (!answer.copyErrors(out, at)) return -1;
    at += answer.errorsLength;
  }
  closeOpt(out, optAt, at);
  return size;
}
