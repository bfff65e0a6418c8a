import { Flag, HEADER_LENGTH, HeaderOffset, writeU16 } from "../dns/header.ts";
import { EdnsOption, OPT_LENGTH, closeOpt, openOpt } from "../dns/opt.ts";

/** Queries are padded to a multiple of this, unless told otherwise (RFC 8467 section 4.1). */
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

/** The way a query goes, which decides what may be in it. */
export const Form = {
  /** TLS: padded (RFC 7830), and the server may be asked for its patience (RFC 7828). */
  TLS: 0,
  /** HTTPS: padded; connections are HTTP's business. */
  HTTP: 1,
  /** TCP to a private server: nothing is hidden, so nothing is padded (RFC 7830 section 6), and there is nobody to hide from. */
  TCP: 2,
  UDP: 3,
} as const;

/**
 * Length of the query that `writeQuery` makes for this question: over TLS and HTTPS a multiple of `block` bytes, unless that
 * is null.
 */
export function queryLength(
  question: ForwardedQuestion,
  form: number,
  edns: boolean,
  block: number | null = BLOCK,
): number {
  if (!edns) return question.questionEnd;
  const keepalive = form === Form.TLS || form === Form.TCP ? OPTION_HEADER : 0;
  if (form >= Form.TCP) return question.questionEnd + OPT_LENGTH + keepalive;
  const bare = question.questionEnd + OPT_LENGTH + keepalive + OPTION_HEADER + SUBNET_VALUE;
  return block === null ? bare : Math.ceil((bare + OPTION_HEADER) / block) * block;
}

/**
 * Writes the query that a server sees, `queryLength` bytes at `at`, id left open: the client's question with its case,
 * and an OPT of our own, as EDNS is hop by hop (RFC 6891 section 6.2.6). Nothing else of the client's message goes on. AD is
 * always set, as we understand it in the answer (RFC 6840 section 5.7). The subnet option with prefix 0 asks the server to
 * keep the client's network to itself (RFC 7871 section 7.1.2). Padding comes last, so that it can count the rest.
 */
export function writeQuery(
  question: ForwardedQuestion,
  out: Buffer,
  at: number,
  form: number,
  edns: boolean,
  block: number | null = BLOCK,
): void {
  writeU16(out, at + HeaderOffset.FLAGS, Flag.RD | Flag.AD | (question.flags & Flag.CD));
  writeU16(out, at + HeaderOffset.QDCOUNT, 1);
  writeU16(out, at + HeaderOffset.ANCOUNT, 0);
  writeU16(out, at + HeaderOffset.NSCOUNT, 0);
  writeU16(out, at + HeaderOffset.ARCOUNT, edns ? 1 : 0);
  const { bytes, questionEnd } = question;
  for (let i = HEADER_LENGTH; i < questionEnd; i++) out[at + i] = bytes[i]!;
  if (!edns) return;
  const optAt = at + questionEnd;
  const end = at + queryLength(question, form, edns, block);
  let here = openOpt(out, optAt, 0, question.dnssecOk);
  if (form === Form.TLS || form === Form.TCP) {
    writeU16(out, here, EdnsOption.KEEPALIVE);
    writeU16(out, here + 2, 0);
    here += OPTION_HEADER;
  }
  if (form < Form.TCP) {
    writeU16(out, here, EdnsOption.CLIENT_SUBNET);
    writeU16(out, here + 2, SUBNET_VALUE);
    writeU16(out, here + 4, 1);
    writeU16(out, here + 6, 0);
    here += OPTION_HEADER + SUBNET_VALUE;
  }
  if (here < end) {
    writeU16(out, here, EdnsOption.PADDING);
    writeU16(out, here + 2, end - here - OPTION_HEADER);
    out.fill(0, here + OPTION_HEADER, end);
  }
  closeOpt(out, optAt, end);
}
