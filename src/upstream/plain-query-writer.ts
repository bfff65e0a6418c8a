import { Flag, HEADER_LENGTH, HeaderOffset, writeU16 } from "../dns/header.ts";
import { OPT_LENGTH, openOpt } from "../dns/opt.ts";
import type { ForwardedQuestion } from "./query-writer.ts";

/**
 * How a message is written: `private` goes over an encrypted way to a resolver out there, `plain` in the clear to a server
 * of one's own network.
 */
export type QueryForm = "private" | "plain";

/** Something that can be written in either form, such as an exchange. */
export interface QuerySource {
  /** The length of what `write` will write, in bytes. */
  length(form: QueryForm): number;
  write(out: Buffer, at: number, form: QueryForm): void;
}

/** Length of the query that `writePlainQuery` makes for this question. */
export function plainQueryLength(question: ForwardedQuestion): number {
  return question.questionEnd + OPT_LENGTH;
}

/**
 * Writes the query that a plain server sees, `plainQueryLength` bytes at `at`, id left open. As `writeQuery`, but there is
 * nothing to hide: no padding, which must not be sent in the clear (RFC 7830 section 6), and no subnet option, which old
 * servers and firewalls may stumble over and which says nothing to a server that is the last one.
 */
export function writePlainQuery(question: ForwardedQuestion, out: Buffer, at: number): void {
  const { bytes, questionEnd, flags, dnssecOk } = question;
  writeU16(out, at + HeaderOffset.FLAGS, Flag.RD | Flag.AD | (flags & Flag.CD));
  out.fill(0, at + HeaderOffset.QDCOUNT, at + HEADER_LENGTH);
  out[at + HeaderOffset.QDCOUNT + 1] = 1;
  out[at + HeaderOffset.ARCOUNT + 1] = 1;
  out.set(bytes.subarray(HEADER_LENGTH, questionEnd), at + HEADER_LENGTH);
  openOpt(out, at + questionEnd, 0, dnssecOk);
}
