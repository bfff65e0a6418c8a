import { decimalEscape, readEscape, textBytes } from "./escape.ts";
import { PresentationError, WireError } from "./text-errors.ts";

/** What one label may hold (RFC 1035 section 2.3.4). */
const MAX_LABEL = 63;

/** What a name may take in wire form, length bytes and the root label included (RFC 1035 section 2.3.4). */
const MAX_NAME = 255;

/**
 * How many pointers one name may go through. A name has at most 126 labels before the root, and a pointer that adds
 * no label is of no use, so more is an attempt to make us walk. It keeps reading all names of a message O(n).
 */
const MAX_POINTERS = 126;

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** Printable characters that mean something in master-file text, so that BIND and we put a backslash before them. */
const special = new Set(Array.from('"().;\\@$', (character) => character.charCodeAt(0)));

/** How each byte of a label is printed. */
const printed: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x20 || byte >= 0x7f) return decimalEscape(byte);
  return (special.has(byte) ? "\\" : "") + String.fromCharCode(byte);
});

/**
 * Reads the name at `at` of a message, through compression pointers (RFC 1035 section 4.1.4).
 * Gives the name in wire form without compression, its case kept, and where the message goes on.
 * A pointer must point before the piece of name that holds it: that rules out loops.
 * Throws WireError when the name is cut short, too long or badly compressed.
 */
export function readName(message: Uint8Array, at: number): { name: Uint8Array; end: number } {
  const name = new Uint8Array(MAX_NAME);
  let length = 0;
  let end = -1;
  let pieceStart = at;
  let pointers = 0;
  for (let offset = at; ;) {
    const size = message[offset];
    if (size === undefined) throw new WireError("a name is cut short");
    if (size >= 0xc0) {
      const low = message[offset + 1];
      if (low === undefined) throw new WireError("a compression pointer is cut short");
      const target = ((size & 0x3f) << 8) | low;
      if (target >= pieceStart) throw new WireError("a compression pointer does not point back");
      if (++pointers > MAX_POINTERS) throw new WireError("a name goes through too many compression pointers");
      if (end < 0) end = offset + 2;
      offset = target;
      pieceStart = target;
      continue;
    }
    if (size > MAX_LABEL) throw new WireError(`a label begins with the reserved byte ${size}`);
    const next = offset + 1 + size;
    if (next > message.length) throw new WireError("a label is cut short");
    if (length + 1 + size > MAX_NAME) throw new WireError("a name is longer than 255 bytes");
    name.set(message.subarray(offset, next), length);
    length += 1 + size;
    if (size === 0) return { name: name.slice(0, length), end: end < 0 ? next : end };
    offset = next;
  }
}

/**
 * The text of the uncompressed name at `at`: absolute, with its final dot, escaped as dig escapes it.
 * The name must be a valid one, as `readName` or `parseName` gave it.
 */
export function formatName(wire: Uint8Array, at = 0): string {
  let text = "";
  for (let offset = at; ;) {
    const size = wire[offset] ?? 0;
    if (size === 0) return text === "" ? "." : text;
    const next = offset + 1 + size;
    for (let index = offset + 1; index < next; index += 1) text += printed[wire[index]!];
    text += ".";
    offset = next;
  }
}

/**
 * The wire form of a name in text (RFC 1035 section 5.1): `\.` and `\DDD` are understood, `@` alone is the origin, and a
 * name without a final dot is below the origin. Throws PresentationError when it is no name, or relative without an origin.
 */
export function parseName(text: string, origin?: Uint8Array): Uint8Array {
  if (text === "") throw new PresentationError("a name is empty");
  if (text === ".") return new Uint8Array(1);
  if (text === "@") return withOrigin(text, new Uint8Array(0), origin);
  const source = textBytes(text);
  // Room for a length byte before each label; escapes only make it shorter.
  const wire = new Uint8Array(source.length + 2);
  let labelStart = 0;
  let length = 1;
  for (let at = 0; at < source.length;) {
    const byte = source[at]!;
    if (byte === DOT) {
      closeLabel(text, wire, labelStart, length);
      labelStart = length;
      length += 1;
      at += 1;
    } else if (byte === BACKSLASH) {
      const escape = readEscape(source, at);
      wire[length++] = escape.byte;
      at = escape.end;
    } else {
      wire[length++] = byte;
      at += 1;
    }
  }
  const absolute = length === labelStart + 1;
  if (!absolute) {
    closeLabel(text, wire, labelStart, length);
    return withOrigin(text, wire.subarray(0, length), origin);
  }
  if (length > MAX_NAME) throw new PresentationError(`the name ${shorten(text)} is longer than 255 bytes`);
  return wire.slice(0, length);
}

/** Whether two uncompressed names are the same; ASCII letters are equal in both cases (RFC 4343). */
export function equalNames(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // Length bytes are at most 63 and so never letters: all bytes can be folded alike.
  for (let index = 0; index < a.length; index += 1) {
    if (lowerByte(a[index]!) !== lowerByte(b[index]!)) return false;
  }
  return true;
}

function lowerByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function closeLabel(text: string, wire: Uint8Array, start: number, end: number): void {
  const size = end - start - 1;
  if (size === 0) throw new PresentationError(`the name ${shorten(text)} has an empty label`);
  if (size > MAX_LABEL)
    throw new PresentationError(`the name ${shorten(text)} has a label longer than 63 bytes`);
  wire[start] = size;
}

function withOrigin(text: string, labels: Uint8Array, origin: Uint8Array | undefined): Uint8Array {
  if (origin === undefined) {
    throw new PresentationError(`the name ${shorten(text)} is relative and there is no origin`);
  }
  const length = labels.length + origin.length;
  if (length > MAX_NAME) throw new PresentationError(`the name ${shorten(text)} is longer than 255 bytes`);
  const name = new Uint8Array(length);
  name.set(labels);
  name.set(origin, labels.length);
  return name;
}

function shorten(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 77)}...`);
}
