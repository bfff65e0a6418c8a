import { UsageError } from "./usage-error.ts";

/** A whole number from 0 to `max`, decimal or `0x` hexadecimal; `what` names the option. Throws UsageError. */
export function parseNumber(text: string, max: number, what: string): number {
  const value = /^(?:\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new UsageError(`${what}: ${JSON.stringify(text)} is no number from 0 to ${max}`);
}

/** Bytes in hexadecimal; `what` names the option. Throws UsageError. */
export function parseHex(text: string, what: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[\da-f]*$/i.test(text)) {
    throw new UsageError(`${what}: ${JSON.stringify(text)} is not hexadecimal with two digits a byte`);
  }
  return Uint8Array.from(Buffer.from(text, "hex"));
}
