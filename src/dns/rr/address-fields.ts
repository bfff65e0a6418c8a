import { isIPv4, isIPv6 } from "node:net";
import { formatIpv4, formatIpv6 } from "../ip.ts";
import { PresentationError } from "../text-errors.ts";
import type { Codec } from "./codec.ts";

/** The four bytes of an IPv4 address. Throws PresentationError. */
export function parseIpv4(text: string): Uint8Array {
  if (!isIPv4(text)) throw new PresentationError(`${JSON.stringify(text)} is no IPv4 address`);
  return Uint8Array.from(text.split("."), Number);
}

/** The sixteen bytes of an IPv6 address (RFC 4291 section 2.2), without a zone. Throws PresentationError. */
export function parseIpv6(text: string): Uint8Array {
  if (!isIPv6(text) || text.includes("%")) {
    throw new PresentationError(`${JSON.stringify(text)} is no IPv6 address`);
  }
  const [head = "", tail] = text.split("::");
  const front = groupBytes(head);
  const back = groupBytes(tail ?? "");
  const bytes = new Uint8Array(16);
  bytes.set(front);
  bytes.set(back, 16 - back.length);
  return bytes;
}

function groupBytes(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}

/** An IPv4 address. */
export const ipv4: Codec<string> = {
  read: (reader) => formatIpv4(reader.take(4)),
  write: (writer, value) => writer.bytes(parseIpv4(value)),
  format: (value) => value,
  parse: (text) => text.word("an IPv4 address", (word) => formatIpv4(parseIpv4(word))),
};

/** An IPv6 address. */
export const ipv6: Codec<string> = {
  read: (reader) => formatIpv6(reader.take(16)),
  write: (writer, value) => writer.bytes(parseIpv6(value)),
  format: (value) => value,
  parse: (text) => text.word("an IPv6 address", (word) => formatIpv6(parseIpv6(word))),
};
