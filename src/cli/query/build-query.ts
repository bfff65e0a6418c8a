import { randomBytes } from "node:crypto";
import { domainToASCII } from "node:url";
import { clientSubnet } from "../../dns/edns/client-subnet.ts";
import { CLIENT_COOKIE_LENGTH, cookie } from "../../dns/edns/cookie.ts";
import type { Edns } from "../../dns/edns/edns.ts";
import { EdnsFlag } from "../../dns/edns/edns.ts";
import { expire } from "../../dns/edns/expire.ts";
import { keepalive } from "../../dns/edns/keepalive.ts";
import { nsid } from "../../dns/edns/nsid.ts";
import type { EdnsOption } from "../../dns/edns/option.ts";
import { padding } from "../../dns/edns/padding.ts";
import type { Message } from "../../dns/message.ts";
import { encodeMessage } from "../../dns/message.ts";
import { parseName } from "../../dns/name.ts";
import { PresentationError } from "../../dns/text-errors.ts";
import type { Lookup } from "./settings.ts";
import { DEFAULT_UDP_SIZE } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** The block that queries over TLS are padded to (RFC 8467 section 4.1). */
const TLS_PADDING_BLOCK = 128;

const ROOT = new Uint8Array(1);

/** A query as it is sent. */
export interface BuiltQuery {
  readonly message: Message;
  readonly bytes: Uint8Array;
  /** The data of its COOKIE option, to hold the reply's against; null: it has none. */
  readonly cookie: Uint8Array | null;
}

/** The name of a lookup in wire form, always absolute; international names become `xn--` labels. Throws UsageError. */
export function queryName(text: string): Uint8Array {
  const ascii = /^[\0-\x7f]*$/.test(text) ? text : domainToASCII(text);
  try {
    if (ascii === "") throw new PresentationError("a name is empty");
    return parseName(ascii, ROOT);
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new UsageError(`'${text}' is not a legal name (${error.reason})`, { cause: error });
  }
}

/** Builds the query of a lookup. `knownCookie` is one that the server gave before. Throws UsageError for its name. */
export function buildQuery(lookup: Lookup, knownCookie: Uint8Array | null): BuiltQuery {
  const sent = sentCookie(lookup, knownCookie);
  const question = { name: queryName(lookup.name), type: lookup.type, class: lookup.class };
  const message: Message = {
    id: lookup.id ?? randomBytes(2).readUInt16BE(),
    flags: lookup.flags | (lookup.opcode << 11),
    questions: lookup.headerOnly ? [] : [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: hasEdns(lookup) ? ednsOf(lookup, sent) : null,
  };
  const padded = padMessage(message, lookup.padding ?? (lookup.tls ? TLS_PADDING_BLOCK : 0));
  return { message: padded, bytes: encodeMessage(padded), cookie: message.edns === null ? null : sent };
}

/** As in dig, some options bring the OPT record back that `+noedns` took away. */
function hasEdns({ edns, udpSize, dnssec, subnet }: Lookup): boolean {
  return edns !== null || udpSize !== null || dnssec || subnet !== null;
}

function sentCookie(lookup: Lookup, known: Uint8Array | null): Uint8Array | null {
  // A cookie names its sender to the server again: over TLS nobody can forge answers, so there is no use for one.
  if (!lookup.sendCookie || (lookup.tls && lookup.cookie === null)) return null;
  return known ?? lookup.cookie ?? randomBytes(CLIENT_COOKIE_LENGTH);
}

function ednsOf(lookup: Lookup, sent: Uint8Array | null): Edns {
  const named = lookup.ednsFlags & ~(EdnsFlag.DO | EdnsFlag.CO);
  const dnssecOk = lookup.dnssec ? EdnsFlag.DO : 0;
  const compact = lookup.compactDenial ? EdnsFlag.CO : 0;
  return {
    udpSize: lookup.udpSize ?? DEFAULT_UDP_SIZE,
    extendedRcode: 0,
    version: lookup.edns ?? 0,
    flags: named | dnssecOk | compact,
    options: optionsOf(lookup, sent),
  };
}

function optionsOf(lookup: Lookup, sent: Uint8Array | null): EdnsOption[] {
  const none = new Uint8Array(0);
  return [
    ...(lookup.nsid ? [{ code: nsid.code, data: none }] : []),
    ...(lookup.subnet === null
      ? []
      : [{ code: clientSubnet.code, data: clientSubnet.encode(lookup.subnet) }]),
    ...(sent === null ? [] : [{ code: cookie.code, data: sent }]),
    ...(lookup.expire ? [{ code: expire.code, data: none }] : []),
    ...(lookup.keepalive ? [{ code: keepalive.code, data: none }] : []),
    ...lookup.options,
  ];
}

/** Fills the message up to a multiple of `block` bytes with a PADDING option, which comes last (RFC 8467 section 4). */
function padMessage(message: Message, block: number): Message {
  if (block === 0 || message.edns === null) return message;
  const length = encodeMessage(withPadding(message, message.edns, 0)).length;
  return withPadding(message, message.edns, (block - (length % block)) % block);
}

function withPadding(message: Message, edns: Edns, size: number): Message {
  const filler = { code: padding.code, data: new Uint8Array(size) };
  return { ...message, edns: { ...edns, options: [...edns.options, filler] } };
}
