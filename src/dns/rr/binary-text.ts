import { PresentationError } from "../text-errors.ts";

/** Where dig splits long base64 and hexadecimal text (its `+split` default). */
const CHUNK = 56;

const BASE32_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

/** Upper-case hexadecimal digits, as dig prints all but addresses. */
export function toHex(bytes: Uint8Array): string {
  return view(bytes).toString("hex").toUpperCase();
}

/** The bytes of hexadecimal digits in either case. Throws PresentationError. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) {
    throw new PresentationError(`${shorten(text)} is no even number of hexadecimal digits`);
  }
  return Buffer.from(text, "hex");
}

/** Base64 (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  return view(bytes).toString("base64");
}

/** The bytes of base64 text; padding and unused bits must be as the standard says. Throws PresentationError. */
export function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  // Node skips what is no base64: only text that comes back the same was read whole.
  if (bytes.toString("base64") !== text) throw new PresentationError(`${shorten(text)} is not base64`);
  return bytes;
}

/** Base 32 with the extended hex alphabet, without padding (RFC 4648 section 7), as NSEC3 has it. */
export function toBase32Hex(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32_DIGITS[(held >>> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32_DIGITS[(held << (5 - bits)) & 31] : text;
}

/** The bytes of `toBase32Hex` text in either case. Throws PresentationError. */
export function fromBase32Hex(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let length = 0;
  let bits = 0;
  let held = 0;
  for (const character of text.toUpperCase()) {
    held = ((held << 5) | Math.max(0, BASE32_DIGITS.indexOf(character))) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = held >>> bits;
  }
  if (toBase32Hex(bytes) !== text.toUpperCase())
    throw new PresentationError(`${shorten(text)} is not base32hex`);
  return bytes;
}

/** Long text in pieces of 56 characters, parted by blanks, as dig prints keys and digests. */
export function chunked(text: string): string {
  let result = text.slice(0, CHUNK);
  for (let at = CHUNK; at < text.length; at += CHUNK) result += ` ${text.slice(at, at + CHUNK)}`;
  return result;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function shorten(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 37)}...`);
}
