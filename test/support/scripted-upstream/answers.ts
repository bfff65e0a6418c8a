import { Flag, HEADER_LENGTH, MAX_MESSAGE, readU16, writeU16, writeU32 } from "../../../src/dns/header.ts";
import { RrType } from "../../../src/dns/rrtype.ts";
import type { Knobs } from "./knobs.ts";
import type { ScriptedQuery } from "./query.ts";

const OPT_LENGTH = 11;
const Option = { KEEPALIVE: 11, PADDING: 12, EDE: 15 } as const;
const BADVERS = 16;
/** Compression pointer to the question's name. */
const OWNER = [0xc0, HEADER_LENGTH] as const;

/**
 * The answer that a well-behaved server with a record for every name would give: question echoed byte for byte, one
 * record made from the name (see `rdata`), OPT when asked with OPT, padded when asked with padding.
 */
export function defaultAnswer(query: ScriptedQuery, knobs: Readonly<Knobs>): Uint8Array {
  if (knobs.formerrToEdns && query.opt !== null) return withoutRecords(query, 1, null);
  const options = query.opt === null || !knobs.edns ? null : answerOptions(knobs);
  if (query.opt !== null && query.opt.version > 0) return withoutRecords(query, BADVERS, options);
  const rcode = knobs.rcodes[query.name.toLowerCase()] ?? 0;
  if (rcode !== 0) return withoutRecords(query, rcode, options, padBlock(query, knobs));
  const data = rdata(query);
  const records: Uint8Array[] = data === null ? [] : [record(query.type, knobs.ttl, data)];
  if (data === null) return compose(query, 0, 0, [soa(knobs.ttl)], options, padBlock(query, knobs));
  if (knobs.size > 0) fill(records, knobs.size - query.questionEnd - optLength(options), knobs.ttl);
  return compose(query, 0, records.length, records, options, padBlock(query, knobs));
}

/** Header and question, and OPT unless `options` is null. */
export function withoutRecords(
  query: ScriptedQuery,
  rcode: number,
  options: Uint8Array | null,
  padTo: number = 0,
): Uint8Array {
  return compose(query, rcode, 0, [], options, padTo);
}

/** A message of `records` (the first `answers` of them in the answer section, the rest in the authority section). */
function compose(
  query: ScriptedQuery,
  rcode: number,
  answers: number,
  records: readonly Uint8Array[],
  options: Uint8Array | null,
  padTo: number,
): Uint8Array {
  let length = query.questionEnd + optLength(options);
  for (const one of records) length += one.length;
  let padding = -1;
  if (options !== null && padTo > 0) {
    padding = (padTo - ((length + 4) % padTo)) % padTo;
    if (length + 4 + padding > MAX_MESSAGE) padding = -1;
    else length += 4 + padding;
  }
  const message = new Uint8Array(length);
  message.set(query.bytes.subarray(0, query.questionEnd));
  const kept = query.flags & (Flag.OPCODE | Flag.RD | Flag.CD);
  writeU16(message, 2, kept | Flag.QR | Flag.RA | (rcode & 0xf));
  writeU16(message, 6, answers);
  writeU16(message, 8, records.length - answers);
  writeU16(message, 10, options === null ? 0 : 1);
  let at = query.questionEnd;
  for (const one of records) {
    message.set(one, at);
    at += one.length;
  }
  if (options === null) return message;
  writeU16(message, at + 1, RrType.OPT);
  writeU16(message, at + 3, 1232);
  message[at + 5] = rcode >>> 4;
  message[at + 7] = query.opt?.dnssecOk === true ? 0x80 : 0;
  writeU16(message, at + 9, message.length - at - OPT_LENGTH);
  message.set(options, at + OPT_LENGTH);
  at += OPT_LENGTH + options.length;
  if (padding >= 0) {
    writeU16(message, at, Option.PADDING);
    writeU16(message, at + 2, padding);
  }
  return message;
}

/** The data of the record that answers, the same for the same name and type; null for types that no name has. */
function rdata(query: ScriptedQuery): Uint8Array | null {
  const hash = hashName(query.name);
  switch (query.type) {
    case RrType.A:
      return Uint8Array.of(10, hash >>> 16, hash >>> 8, hash);
    case RrType.AAAA:
      return Uint8Array.of(
        0x20,
        1,
        0x0d,
        0xb8,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        hash >>> 24,
        hash >>> 16,
        hash >>> 8,
        hash,
      );
    case RrType.TXT: {
      const text = Buffer.from(query.name.slice(0, 255), "latin1");
      return Uint8Array.of(text.length, ...text);
    }
    case RrType.NS:
    case RrType.CNAME:
    case RrType.PTR:
      return Uint8Array.of(6, ...Buffer.from("target"), ...OWNER);
    case RrType.MX:
      return Uint8Array.of(0, 10, 4, ...Buffer.from("mail"), ...OWNER);
    default:
      return null;
  }
}

/** The address that the default answer gives for a name, dotted. */
export function addressOf(name: string): string {
  const hash = hashName(name);
  return `10.${(hash >>> 16) & 0xff}.${(hash >>> 8) & 0xff}.${hash & 0xff}`;
}

/** FNV-1a over the name in lower case. */
function hashName(name: string): number {
  const text = name.toLowerCase();
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function record(type: number, ttl: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  bytes.set(OWNER);
  writeU16(bytes, 2, type);
  writeU16(bytes, 4, 1);
  writeU32(bytes, 6, ttl);
  writeU16(bytes, 10, data.length);
  bytes.set(data, 12);
  return bytes;
}

/** The SOA of a NODATA answer; serial 1, minimum as the TTL. */
function soa(ttl: number): Uint8Array {
  const data = new Uint8Array(2 + 2 + 20);
  data.set(OWNER);
  data.set(OWNER, 2);
  writeU32(data, 4, 1);
  writeU32(data, 8, 3600);
  writeU32(data, 12, 600);
  writeU32(data, 16, 86_400);
  writeU32(data, 20, ttl);
  return record(RrType.SOA, ttl, data);
}

/** Adds TXT records until the records have `room` bytes exactly (or as near below as a record of 13 bytes allows). */
function fill(records: Uint8Array[], room: number, ttl: number): void {
  let left = room;
  for (const one of records) left -= one.length;
  while (left >= 13) {
    // What remains after a record must be room for another or nothing.
    let length = Math.min(left, 12 + 256);
    if (left - length > 0 && left - length < 13) length -= 13;
    const data = new Uint8Array(length - 12).fill(0x78);
    data[0] = data.length - 1;
    records.push(record(RrType.TXT, ttl, data));
    left -= length;
  }
}

function answerOptions(knobs: Readonly<Knobs>): Uint8Array {
  const bytes: number[] = [];
  if (knobs.keepalive !== null) {
    bytes.push(0, Option.KEEPALIVE, 0, 2, knobs.keepalive >>> 8, knobs.keepalive & 0xff);
  }
  if (knobs.ede !== null) {
    const text = Buffer.from(knobs.ede.text);
    bytes.push(0, Option.EDE, 0, text.length + 2, knobs.ede.code >>> 8, knobs.ede.code & 0xff, ...text);
  }
  return Uint8Array.from(bytes);
}

function padBlock(query: ScriptedQuery, knobs: Readonly<Knobs>): number {
  return query.opt?.options.has(Option.PADDING) === true && knobs.size === 0 ? knobs.padTo : 0;
}

function optLength(options: Uint8Array | null): number {
  return options === null ? 0 : OPT_LENGTH + options.length;
}

/** FORMERR with the id of what could not be parsed. */
export function formErr(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_LENGTH);
  message.set(bytes.subarray(0, 2));
  const flags = bytes.length >= 4 ? readU16(bytes, 2) : 0;
  writeU16(message, 2, (flags & (Flag.OPCODE | Flag.RD)) | Flag.QR | Flag.RA | 1);
  return message;
}
