import type { Edns } from "./edns/edns.ts";
import { decodeEdns, ednsRdata, ednsTtl } from "./edns/edns.ts";
import { Flag, HEADER_LENGTH, HeaderOffset, MAX_MESSAGE } from "./header.ts";
import { readU16, readU32, writeU16, writeU32 } from "./header.ts";
import { NameCompressor } from "./name-compression.ts";
import { readName } from "./name.ts";
import { expandRdata } from "./rr/registry.ts";
import { RrType } from "./rrtype.ts";
import { WireError } from "./text-errors.ts";

/** An entry of the question section. */
export interface Question {
  /** In wire form, uncompressed, its case kept. */
  readonly name: Uint8Array;
  readonly type: number;
  readonly class: number;
}

/** A record as people and rules use it. */
export interface ResourceRecord {
  /** In wire form, uncompressed, its case kept. */
  readonly name: Uint8Array;
  readonly type: number;
  readonly class: number;
  /** In seconds; all 32 bits as they stand in the message. */
  readonly ttl: number;
  /** In wire form with its names expanded. */
  readonly rdata: Uint8Array;
}

/** A whole message, decoded. The packet path has `QueryView` and `ReplyView` instead, which decode nothing. */
export interface Message {
  readonly id: number;
  /** The 16 bits behind the id; `Flag` has the masks. */
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without the OPT record. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | null;
}

/** What `decodeMessage` gives: the message, and how many bytes stand behind it. */
export interface DecodedMessage extends Message {
  readonly trailing: number;
}

/**
 * Decodes a message (RFC 1035 section 4.1, RFC 6891). O(n), whatever the message says about itself.
 * Throws WireError when it is cut short, a name or RDATA is malformed, or it has two OPT records.
 */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  if (bytes.length < HEADER_LENGTH) throw new WireError("the message is shorter than its header");
  const reader = new MessageReader(bytes);
  const questions = reader.questions(readU16(bytes, HeaderOffset.QDCOUNT));
  const answers = reader.records(readU16(bytes, HeaderOffset.ANCOUNT));
  const authorities = reader.records(readU16(bytes, HeaderOffset.NSCOUNT));
  const last = reader.records(readU16(bytes, HeaderOffset.ARCOUNT));
  const opts = last.filter(isOpt);
  if (opts.length > 1) throw new WireError("the message has more than one OPT record");
  const opt = opts[0];
  if (opt !== undefined && opt.name.length > 1) throw new WireError("the OPT record is not at the root");
  return {
    id: readU16(bytes, HeaderOffset.ID),
    flags: readU16(bytes, HeaderOffset.FLAGS),
    questions,
    answers,
    authorities,
    additionals: opt === undefined ? last : last.filter((record) => record !== opt),
    edns: opt === undefined ? null : decodeEdns(opt.class, opt.ttl, opt.rdata),
    trailing: bytes.length - reader.at,
  };
}

/**
 * Encodes a message; the names of owners and of the RDATA of well-known types are compressed. The OPT record comes last.
 * Throws WireError when it takes more than 65535 bytes.
 */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new MessageWriter(uncompressedLength(message));
  const { out } = writer;
  writeU16(out, HeaderOffset.ID, message.id);
  writeU16(out, HeaderOffset.FLAGS, message.flags);
  writeU16(out, HeaderOffset.QDCOUNT, message.questions.length);
  writeU16(out, HeaderOffset.ANCOUNT, message.answers.length);
  writeU16(out, HeaderOffset.NSCOUNT, message.authorities.length);
  writeU16(out, HeaderOffset.ARCOUNT, message.additionals.length + (message.edns === null ? 0 : 1));
  for (const question of message.questions) writer.question(question);
  for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
    writer.record(record);
  }
  if (message.edns !== null) writer.record(optRecord(message.edns));
  if (writer.at > MAX_MESSAGE) throw new WireError("the message takes more than 65535 bytes");
  return out.slice(0, writer.at);
}

/** The response code with the upper bits from OPT (RFC 6891 section 6.1.3). */
export function messageRcode({ flags, edns }: Message): number {
  return (flags & Flag.RCODE) | ((edns?.extendedRcode ?? 0) << 4);
}

class MessageReader {
  readonly #bytes: Uint8Array;
  at = HEADER_LENGTH;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  questions(count: number): Question[] {
    return Array.from({ length: count }, () => {
      const name = this.#name();
      const at = this.#take(4);
      return { name, type: readU16(this.#bytes, at), class: readU16(this.#bytes, at + 2) };
    });
  }

  records(count: number): ResourceRecord[] {
    return Array.from({ length: count }, () => {
      const name = this.#name();
      const at = this.#take(10);
      const type = readU16(this.#bytes, at);
      const length = readU16(this.#bytes, at + 8);
      const rdata = expandRdata(type, this.#bytes, this.#take(length), length);
      return { name, type, class: readU16(this.#bytes, at + 2), ttl: readU32(this.#bytes, at + 4), rdata };
    });
  }

  #name(): Uint8Array {
    const { name, end } = readName(this.#bytes, this.at);
    this.at = end;
    return name;
  }

  /** Goes on by `length` bytes; gives where they begin. */
  #take(length: number): number {
    const at = this.at;
    if (at + length > this.#bytes.length) throw new WireError("the message is cut short");
    this.at = at + length;
    return at;
  }
}

class MessageWriter {
  readonly out: Uint8Array;
  readonly #names: NameCompressor;
  at = HEADER_LENGTH;

  constructor(capacity: number) {
    this.out = new Uint8Array(capacity);
    this.#names = new NameCompressor(this.out);
  }

  question({ name, type, class: qclass }: Question): void {
    this.#head(name, type, qclass);
  }

  record({ name, type, class: rrclass, ttl, rdata }: ResourceRecord): void {
    this.#head(name, type, rrclass);
    writeU32(this.out, this.at, ttl);
    const rdataAt = this.at + 6;
    this.at = this.#names.writeRdata(type, rdata, rdataAt);
    writeU16(this.out, rdataAt - 2, this.at - rdataAt);
  }

  #head(name: Uint8Array, type: number, rrclass: number): void {
    const { end } = this.#names.write(name, 0, this.at);
    writeU16(this.out, end, type);
    writeU16(this.out, end + 2, rrclass);
    this.at = end + 4;
  }
}

function isOpt({ type }: ResourceRecord): boolean {
  return type === RrType.OPT;
}

function optRecord(edns: Edns): ResourceRecord {
  const rdata = ednsRdata(edns);
  return { name: new Uint8Array(1), type: RrType.OPT, class: edns.udpSize, ttl: ednsTtl(edns), rdata };
}

/** What the message takes when nothing can be compressed. */
function uncompressedLength({ questions, answers, authorities, additionals, edns }: Message): number {
  let length = HEADER_LENGTH;
  for (const { name } of questions) length += name.length + 4;
  for (const { name, rdata } of [...answers, ...authorities, ...additionals]) {
    if (rdata.length > 0xffff) throw new WireError("the data of a record takes more than 65535 bytes");
    length += name.length + 10 + rdata.length;
  }
  return edns === null ? length : length + 11 + ednsRdata(edns).length;
}
