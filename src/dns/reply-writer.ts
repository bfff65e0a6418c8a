import { cutOpt } from "./cut-opt.ts";
import { Flag, HEADER_LENGTH, HeaderOffset, MAX_MESSAGE, readU16, writeU16 } from "./header.ts";
import { EdnsOption, MAX_UDP_SIZE, MIN_UDP_SIZE, OPT_LENGTH, closeOpt, openOpt } from "./opt.ts";
import type { QueryView } from "./query-view.ts";
import { Rcode } from "./rcode.ts";
import { ReplyView } from "./reply-view.ts";

/** An extended error that dotls itself adds to a reply (RFC 8914). */
export interface ExtraError {
  /** INFO-CODE of the IANA registry "Extended DNS Error Codes". */
  readonly code: number;
  /** EXTRA-TEXT in UTF-8, ready to be sent; no secrets. */
  readonly text: Uint8Array;
}

/** Records of an answer of our own, made once and given to whoever asks. */
export interface OwnRecords {
  readonly answers: number;
  readonly authorities: number;
  /** In wire form. The only pointer allowed is to offset 12, the question's name: what else is where differs. */
  readonly bytes: Uint8Array;
}

/** Where a reply goes and what that way can carry. */
export interface ReplyWay {
  /** Whether replies leave as datagrams, which have a size limit (RFC 6891 section 6.2.3). */
  readonly datagrams: boolean;
  /** What an edns-tcp-keepalive option in a reply says, in units of 100 ms (RFC 7828); not used with datagrams. */
  readonly keepalive: number;
}

/** Who has memory for a reply: it is written where it will be sent from. */
export interface ReplyRoom {
  /** At least `length` bytes from `roomAt` on, for one reply. What was written to an earlier room and not sent is lost. */
  room(length: number): Buffer;
  /** Where in the last room the reply is to begin. */
  readonly roomAt: number;
}

const KEEPALIVE_LENGTH = 6;

/** The most that a reply to this query may have, in bytes. */
export function sizeLimit(query: QueryView, way: ReplyWay): number {
  if (!way.datagrams) return MAX_MESSAGE;
  return query.hasEdns ? Math.min(query.udpSize, MAX_UDP_SIZE) : MIN_UDP_SIZE;
}

/**
 * What the server answered, as this client may see it: its own id and question, its flags, an OPT of our own when it
 * sent one and only then (RFC 6891 section 6.2.6: OPT is hop by hop), extended errors kept (RFC 8914 section 3). What
 * does not fit a datagram is cut to header, question and OPT with TC=1. Gives the length of what it wrote to a room; -1
 * when the server's message cannot be used.
 */
export function writeReply(query: QueryView, reply: ReplyView, way: ReplyWay, rooms: ReplyRoom): number {
  // Where the records are; what stands in OPT is read from `reply`.
  let view = reply;
  if (reply.optEnd < reply.end) {
    const cut = cutOpt(reply);
    if (cut === null) return -1;
    view = new ReplyView();
    if (!view.read(cut, 0, cut.length)) return -1;
  }
  const limit = sizeLimit(query, way);
  const questionEnd = query.questionEnd;
  // An error may come without the question; records that came with it have names that point to where they no longer are.
  const hasBody = view.recordsAt - view.start === questionEnd;
  const bodyLength = hasBody ? view.optAt - view.recordsAt : 0;
  const fixed = questionEnd + optLength(query, way);
  const errorsLength = query.hasEdns ? reply.errorsLength : 0;
  const whole = fixed + bodyLength <= limit;
  const withErrors = whole && errorsLength > 0 && fixed + bodyLength + errorsLength <= limit;
  const size = fixed + (whole ? bodyLength : 0) + (withErrors ? errorsLength : 0);
  const out = rooms.room(size);
  const start = rooms.roomAt;
  writeHead(out, start, query, visibleFlags(query, reply.flags, reply.rcode, whole), true);
  let at = start + questionEnd;
  if (whole && hasBody) {
    const from = view.start;
    const hasOpt = view.optEnd > view.optAt ? 1 : 0;
    writeU16(out, start + HeaderOffset.ANCOUNT, readU16(view.bytes, from + HeaderOffset.ANCOUNT));
    writeU16(out, start + HeaderOffset.NSCOUNT, readU16(view.bytes, from + HeaderOffset.NSCOUNT));
    const additional = readU16(view.bytes, from + HeaderOffset.ARCOUNT) - hasOpt;
    writeU16(out, start + HeaderOffset.ARCOUNT, additional);
    copy(out, at, view.bytes, view.recordsAt, view.optAt);
    at += bodyLength;
  }
  if (query.hasEdns) {
    let end = openReplyOpt(out, start, at, query, way, reply.rcode, null);
    if (withErrors) end = copyErrors(out, end, reply);
    closeOpt(out, at, end);
  }
  return size;
}

/**
 * An answer of our own: an error, or what is known here without asking. RA is set: we do offer recursion, and a client
 * that is told otherwise prints a warning for each error. `opcode` comes back as it was sent (RFC 1035 section 4.1.1).
 * Records that do not fit a datagram are left out, with TC=1. Gives the length of what it wrote to a room.
 */
export function writeOwn(
  query: QueryView,
  rcode: number,
  extra: ExtraError | null,
  way: ReplyWay,
  rooms: ReplyRoom,
  records: OwnRecords | null = null,
): number {
  const limit = sizeLimit(query, way);
  const questionEnd = query.questionEnd;
  const fixed = questionEnd + optLength(query, way);
  const whole = records === null || fixed + records.bytes.length <= limit;
  const body = whole ? records : null;
  const bodyLength = body === null ? 0 : body.bytes.length;
  const ownError = extra === null || !query.hasEdns ? 0 : extraLength(extra);
  const withExtra = ownError > 0 && fixed + bodyLength + ownError <= limit;
  const size = fixed + bodyLength + (withExtra ? ownError : 0);
  const out = rooms.room(size);
  const start = rooms.roomAt;
  const flags = Flag.QR | Flag.RA | (query.flags & (Flag.OPCODE | Flag.RD | Flag.CD)) | (whole ? 0 : Flag.TC);
  // Without OPT there is no room for the high bits: an extended code then says no more than "failed".
  const shown = rcode <= 15 || query.hasEdns ? rcode & 15 : Rcode.SERVFAIL;
  writeHead(out, start, query, flags | shown, questionEnd > HEADER_LENGTH);
  if (body !== null) {
    writeU16(out, start + HeaderOffset.ANCOUNT, body.answers);
    writeU16(out, start + HeaderOffset.NSCOUNT, body.authorities);
    copy(out, start + questionEnd, body.bytes, 0, bodyLength);
  }
  if (query.hasEdns) {
    const optAt = start + questionEnd + bodyLength;
    closeOpt(out, optAt, openReplyOpt(out, start, optAt, query, way, rcode, withExtra ? extra : null));
  }
  return size;
}

/** What our OPT takes in a reply, extended errors aside: 0 for a client that sent none. */
export function optLength(query: QueryView, way: ReplyWay): number {
  if (!query.hasEdns) return 0;
  return OPT_LENGTH + (query.wantsKeepalive && !way.datagrams ? KEEPALIVE_LENGTH : 0);
}

/**
 * The flags of a reply to this client; `served` are those of the server, `whole` is false when the records are left out.
 * AA is never passed on: we are no authority. AD only to a client that asked for it with AD or DO (RFC 6840 section
 * 5.7, 5.8). CD and RD come back as the client sent them, Z is cleared.
 */
export function visibleFlags(query: QueryView, served: number, rcode: number, whole: boolean): number {
  let flags = Flag.QR | Flag.RA | (query.flags & (Flag.RD | Flag.CD)) | (served & Flag.TC);
  if (query.dnssecOk || (query.flags & Flag.AD) !== 0) flags |= served & Flag.AD;
  if (!whole) flags |= Flag.TC;
  return flags | (rcode <= 15 || query.hasEdns ? rcode & 15 : Rcode.SERVFAIL);
}

/** Header with empty record counts, and the question byte for byte as it was asked, for clients that mix its case. The query learns its flags. */
export function writeHead(out: Buffer, at: number, query: QueryView, flags: number, question: boolean): void {
  query.replyFlags = flags;
  writeU16(out, at, query.id);
  writeU16(out, at + HeaderOffset.FLAGS, flags);
  writeU16(out, at + HeaderOffset.QDCOUNT, question ? 1 : 0);
  out[at + 6] = 0;
  out[at + 7] = 0;
  out[at + 8] = 0;
  out[at + 9] = 0;
  out[at + 10] = 0;
  out[at + 11] = 0;
  copy(out, at + HEADER_LENGTH, query.bytes, HEADER_LENGTH, query.questionEnd);
}

/** Bytes of an extended error as an option (RFC 8914 section 2). */
export function extraLength({ text }: ExtraError): number {
  return 6 + text.length;
}

/**
 * Opens our OPT at `optAt` of a reply that begins at `start`, with what we have to say ourselves, and counts it in the
 * header. Gives the offset behind it; more options may follow there before `closeOpt`.
 */
export function openReplyOpt(
  out: Buffer,
  start: number,
  optAt: number,
  query: QueryView,
  way: ReplyWay,
  rcode: number,
  extra: ExtraError | null,
): number {
  let at = openOpt(out, optAt, rcode, query.dnssecOk);
  if (query.wantsKeepalive && !way.datagrams) {
    writeU16(out, at, EdnsOption.KEEPALIVE);
    writeU16(out, at + 2, 2);
    writeU16(out, at + 4, way.keepalive);
    at += KEEPALIVE_LENGTH;
  }
  if (extra !== null) {
    writeU16(out, at, EdnsOption.EXTENDED_ERROR);
    writeU16(out, at + 2, 2 + extra.text.length);
    writeU16(out, at + 4, extra.code);
    out.set(extra.text, at + 6);
    at += extraLength(extra);
  }
  writeU16(out, start + HeaderOffset.ARCOUNT, readU16(out, start + HeaderOffset.ARCOUNT) + 1);
  return at;
}

/** Writes the extended errors of a reply's OPT to out[at..at + view.errorsLength), and gives the offset behind them. */
export function copyErrors(out: Uint8Array, at: number, view: ReplyView): number {
  const { bytes } = view;
  let to = at;
  for (let here = view.optAt + OPT_LENGTH; here < view.optEnd;) {
    const next = here + 4 + readU16(bytes, here + 2);
    if (readU16(bytes, here) === EdnsOption.EXTENDED_ERROR) {
      copy(out, to, bytes, here, next);
      to += next - here;
    }
    here = next;
  }
  return to;
}

/** Copies from[start..end). Short runs byte by byte: a subarray made for `set` would cost more than the bytes. */
function copy(out: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  if (end - start > 64) {
    out.set(from.subarray(start, end), at);
    return;
  }
  for (let i = start, to = at; i < end; i++, to++) out[to] = from[i]!;
}
