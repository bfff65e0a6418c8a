import { RrClass } from "../rrclass.ts";
import { RrType } from "../rrtype.ts";
import { PresentationError, WireError } from "../text-errors.ts";
import type { Token } from "../tokens.ts";
import { chunked, toHex } from "./binary-text.ts";
import type { Codec } from "./codec.ts";
import { codecs } from "./codecs.ts";
import { compressible } from "./compressible.ts";
import { isGeneric, parseGeneric } from "./generic.ts";
import { RdataReader } from "./rdata-reader.ts";
import { RdataText } from "./rdata-text.ts";
import { RdataWriter } from "./rdata-writer.ts";

/** Types whose layout is that of class IN only; in another class the same number may mean other fields. */
const onlyInternet = new Set<number>([
  RrType.A,
  RrType.AAAA,
  RrType.SRV,
  RrType.KX,
  RrType.APL,
  RrType.DHCID,
  RrType.SVCB,
  RrType.HTTPS,
]);

/**
 * The RDATA of `length` bytes at `at` of a message, with its compressed names written out. Only well-known types are
 * looked into (RFC 3597 section 4); all others come back as they are. Throws WireError when the RDATA goes over the end
 * of the message or its names cannot be read. The bytes are a copy.
 */
export function expandRdata(type: number, message: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > message.length) throw new WireError("the record data goes over the end of the message");
  const codec = compressible.get(type);
  // In an UPDATE, and nowhere else, the RDATA of any type may be empty (RFC 2136 section 2.5).
  if (codec === undefined || length === 0) return message.slice(at, at + length);
  const reader = new RdataReader(message, at, at + length, true);
  const data = codec.read(reader);
  if (reader.remaining > 0) throw new WireError("the record data is longer than its type allows");
  return write(codec, data);
}

/**
 * RDATA without compressed names as text, as dig prints it on one line. What does not fit its type is printed
 * as `\# length hex` (RFC 3597 section 5), and so is a type that is unknown; it never throws.
 */
export function formatRdata(type: number, rdata: Uint8Array, rrclass: number = RrClass.IN): string {
  const codec = codecFor(type, rrclass);
  const data = codec && decode(codec, rdata);
  if (data !== undefined) return codec!.format(data);
  return rdata.length === 0 ? "\\# 0" : `\\# ${rdata.length} ${chunked(toHex(rdata))}`;
}

/**
 * RDATA from the tokens behind the type of a record. Relative names are below `origin`. Every type takes
 * `\# length hex` as well (RFC 3597 section 5). Throws PresentationError with the place of the token that is wrong.
 */
export function parseRdata(
  type: number,
  tokens: readonly Token[],
  origin: Uint8Array,
  rrclass: number = RrClass.IN,
): Uint8Array {
  const text = new RdataText(tokens, origin);
  if (isGeneric(tokens)) return parseGeneric(text);
  const codec = codecFor(type, rrclass);
  if (codec === undefined) {
    throw new PresentationError("the data of an unknown type must be written as \\# LENGTH HEX", tokens[0]);
  }
  const data = codec.parse(text);
  text.finish();
  return write(codec, data);
}

/**
 * RDATA without compressed names as an object that JSON can hold, its keys named after the fields; `{ hex }` for a type
 * that is unknown and for bytes that do not fit their type. Names and strings in it are escaped as in a master file.
 */
export function describeRdata(
  type: number,
  rdata: Uint8Array,
  rrclass: number = RrClass.IN,
): Record<string, unknown> {
  const codec = codecFor(type, rrclass);
  const data = codec && decode(codec, rdata);
  return data === undefined ? { hex: toHex(rdata) } : { ...data };
}

function codecFor(type: number, rrclass: number): Codec<object> | undefined {
  return rrclass !== RrClass.IN && onlyInternet.has(type) ? undefined : codecs.get(type);
}

/**
 * The data of `rdata`, or undefined when it does not fit. Bytes that the data would not give back, such as a type bit
 * map with zero bytes at its end, do not fit: nothing may get lost.
 */
function decode(codec: Codec<object>, rdata: Uint8Array): object | undefined {
  try {
    const reader = new RdataReader(rdata);
    const data = codec.read(reader);
    return reader.remaining === 0 && Buffer.compare(write(codec, data), rdata) === 0 ? data : undefined;
  } catch (error) {
    if (error instanceof WireError || error instanceof PresentationError) return undefined;
    throw error;
  }
}

function write(codec: Codec<object>, data: object): Uint8Array {
  const writer = new RdataWriter();
  codec.write(writer, data);
  return writer.finish();
}
