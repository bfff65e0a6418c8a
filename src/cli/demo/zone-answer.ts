import type { Edns } from "../../dns/edns/edns.ts";
import { EdnsFlag } from "../../dns/edns/edns.ts";
import { Flag, HEADER_LENGTH, HeaderOffset, readU16, writeU16 } from "../../dns/header.ts";
import type { Message } from "../../dns/message.ts";
import { decodeMessage, encodeMessage } from "../../dns/message.ts";
import { MAX_UDP_SIZE } from "../../dns/opt.ts";
import { Rcode } from "../../dns/rcode.ts";
import { WireError } from "../../dns/text-errors.ts";
import type { Zone, ZoneAnswer } from "./zone-lookup.ts";

/** Code of the padding option (RFC 7830). */
const PADDING = 12;

/** Answers to padded queries are padded to a multiple of this (RFC 8467 section 4.1). */
const BLOCK = 468;

const nothing: Omit<ZoneAnswer, "rcode"> = { answers: [], authorities: [] };

/**
 * The reply to the bytes of one message. Null when there is none to give (a reply came), "close" when the peer does not
 * speak DNS. `onAnswer` hears the sizes of each query that is looked up in the zone and of its reply.
 */
export function answerMessage(
  zone: Zone,
  bytes: Uint8Array,
  onAnswer?: (querySize: number, replySize: number) => void,
): Uint8Array | null | "close" {
  if (bytes.length < HEADER_LENGTH) return "close";
  const flags = readU16(bytes, HeaderOffset.FLAGS);
  if ((flags & Flag.QR) !== 0) return null;
  if ((flags & Flag.OPCODE) !== 0) return bareReply(bytes, Rcode.NOTIMP);
  const query = unlessWireError(() => decodeMessage(bytes));
  const question = query?.questions[0];
  if (query === null || question === undefined || query.questions.length > 1) {
    return bareReply(bytes, Rcode.FORMERR);
  }
  if (query.edns !== null && query.edns.version > 0)
    return reply(query, { ...nothing, rcode: Rcode.BADVERS });
  const answer = unlessWireError(() => reply(query, zone.answer(question)));
  const sent = answer ?? bareReply(bytes, Rcode.SERVFAIL);
  onAnswer?.(bytes.length, sent.length);
  return sent;
}

/** What `work` gives, null when the bytes do not allow it: a malformed query, an answer over 65,535 bytes. */
function unlessWireError<Result>(work: () => Result): Result | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function reply(query: Message, { rcode, answers, authorities }: ZoneAnswer): Uint8Array {
  // It stands where a resolver stands, so it says that recursion is to be had: there is nothing more to find.
  const own = Flag.QR | Flag.RA | (rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN ? Flag.AA : 0);
  const message: Message = {
    id: query.id,
    flags: (query.flags & (Flag.RD | Flag.CD)) | own | (rcode & Flag.RCODE),
    questions: query.questions,
    answers,
    authorities,
    additionals: [],
    edns: query.edns === null ? null : ednsOf(query.edns, rcode),
  };
  const padded = query.edns?.options.some(({ code }) => code === PADDING) === true;
  const encoded = encodeMessage(message);
  if (message.edns === null || !padded) return encoded;
  // The option's own header of four bytes counts.
  const length = (BLOCK - ((encoded.length + 4) % BLOCK)) % BLOCK;
  const options = [{ code: PADDING, data: new Uint8Array(length) }];
  return encodeMessage({ ...message, edns: { ...message.edns, options } });
}

function ednsOf(asked: Edns, rcode: number): Edns {
  return {
    udpSize: MAX_UDP_SIZE,
    extendedRcode: rcode >>> 4,
    version: 0,
    flags: asked.flags & EdnsFlag.DO,
    options: [],
  };
}

/** A header with the id, opcode and RD of what could not be read further. */
function bareReply(bytes: Uint8Array, rcode: number): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH);
  header.set(bytes.subarray(0, 2));
  const kept = readU16(bytes, HeaderOffset.FLAGS) & (Flag.OPCODE | Flag.RD);
  writeU16(header, HeaderOffset.FLAGS, kept | Flag.QR | rcode);
  return header;
}
