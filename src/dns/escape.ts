import { PresentationError } from "./text-errors.ts";

const BACKSLASH = 0x5c;

const encoder = new TextEncoder();

/** Text as the bytes that escapes are read from. What is not ASCII stands for its UTF-8 bytes, as in other servers. */
export function textBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `\DDD`, the form of a byte that has no printable one (RFC 1035 section 5.1). */
export function decimalEscape(byte: number): string {
  return `\\${byte.toString().padStart(3, "0")}`;
}

/**
 * Reads the escape whose backslash is at `at`: `\DDD` is the byte with that number, `\X` is X itself
 * (RFC 1035 section 5.1). Gives the byte and where the text goes on.
 * Throws PresentationError when the text ends in it or the number is over 255.
 */
export function readEscape(text: Uint8Array, at: number): { byte: number; end: number } {
  const first = text[at + 1];
  if (first === undefined) throw new PresentationError("the text ends in a lone backslash");
  if (!isDigit(first)) return { byte: first, end: at + 2 };
  const [second, third] = [text[at + 2], text[at + 3]];
  if (second === undefined || third === undefined || !isDigit(second) || !isDigit(third)) {
    throw new PresentationError("a backslash before a digit needs three digits");
  }
  const byte = (first - 0x30) * 100 + (second - 0x30) * 10 + (third - 0x30);
  if (byte > 255) throw new PresentationError(`\\${byte} is over 255`);
  return { byte, end: at + 4 };
}

/** The bytes that escaped text stands for. Throws PresentationError on a bad escape. */
export function unescapeText(text: string): Uint8Array {
  const source = textBytes(text);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let at = 0; at < source.length;) {
    const byte = source[at]!;
    if (byte === BACKSLASH) {
      const escape = readEscape(source, at);
      bytes[length++] = escape.byte;
      at = escape.end;
    } else {
      bytes[length++] = byte;
      at += 1;
    }
  }
  return bytes.subarray(0, length);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
