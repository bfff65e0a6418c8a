import { expect } from "vitest";
import { type DecodedMessage, decodeMessage } from "../../src/dns/message.ts";

/** A reply, decoded whole; it must be well formed, a response, and have nothing behind it. */
export function decode(reply: Uint8Array): DecodedMessage {
  const message = decodeMessage(Uint8Array.from(reply));
  expect(message.trailing).toBe(0);
  expect(message.flags & 0x8000).toBe(0x8000);
  return message;
}
