import { Flag, HEADER_LENGTH, HeaderOffset, writeU16 } from "../dns/header.ts";
import { EdnsOption, OPT_LENGTH, closeOpt, openOpt } from "../dns/opt.ts";

/** Queries are padded to a multiple of this (RFC 8467 section 4.1). */
const BLOCK = 128;

/** An option's code and length. */
const OPTION_HEADER = 4;

/** Family, source and scope prefix length, no address (RFC 7871 section 6). */
const SUBNET_VALUE = 4;

/** The question that is to be forwarded: a message in which it stands from byte 12 to `questionEnd`. */
export interface ForwardedQuestion {
  readonly bytes: Uint8Array;
  readonly questionEnd: number;
  /** The client's flags; only CD is passed on. */
  readonly flags: number;
  readonly dnssecOk: boolean;
}

/** Length of the query that `writeQuery` makes for this question: a multiple of 128 bytes. */
export function queryLength(question: ForwardedQuestion): number {
  const bare = question.questionEnd + OPT_LENGTH + OPTION_HEADER + SUBNET_VALUE + OPTION_HEADER;
  return Math.ceil(bare / BLOCK) * BLOCK;
}

/**
 * Writes the query that a server sees, `queryLength` bytes at `at`, id left open: the client's question with its case,
 * and an OPT of our own, as EDNS is hop by hop (RFC 6891 section 6.2.6). Nothing else of the client's message goes on. AD is
 * always set, as we understand it in the answer (RFC 6840 section 5.7). The subnet option with prefix 0 asks the server to
 * keep the client's network to itself (RFC 7871 section 7.1.2). Padding comes last, so that it can count the rest.
 */
export function writeQuery(question: ForwardedQuestion, out: Buffer, at: number): void {
  writeU16(out, at + HeaderOffset.FLAGS, Flag.RD | Flag.AD | (question.flags & Flag.CD));
  writeU16(out, at + HeaderOffset.QDCOUNT, 1);
  writeU16(out, at + HeaderOffset.ANCOUNT, 0);
  writeU16(out, at + HeaderOffset.NSCOUNT, 0);
  writeU16(out, at + HeaderOffset.ARCOUNT, 1);
  const { bytes, questionEnd } = question;
  for (let i = HEADER_LENGTH; i < questionEnd; i++) out[at + i] = bytes[i]!;
  const optAt = at + questionEnd;
  let here = openOpt(out, optAt, 0, question.dnssecOk);
  writeU16(out, here, EdnsOption.CLIENT_SUBNET);
  writeU16(out, here + 2, SUBNET_VALUE);
  writeU16(out, here + 4, 1);
  writeU16(out, here + 6, 0);
  here += OPTION_HEADER + SUBNET_VALUE;
  const end = at + queryLength(question);
  writeU16(out, here, EdnsOption.PADDING);
  writeU16(out, here + 2, end - here - OPTION_HEADER);
  out.fill(0, here + OPTION_HEADER, end);
  closeOpt(out, optAt, end);
}
