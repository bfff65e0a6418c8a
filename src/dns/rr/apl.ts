import { formatIpv4, formatIpv6 } from "../ip.ts";
import { PresentationError, WireError } from "../text-errors.ts";
import { parseIpv4, parseIpv6 } from "./address-fields.ts";
import type { Codec } from "./codec.ts";
import { parseInteger } from "./number-fields.ts";

interface AplItem {
  /** 1 IPv4, 2 IPv6 (IANA address family numbers). */
  family: number;
  negated: boolean;
  address: string;
  /** In bits. */
  prefix: number;
}

interface Apl {
  items: AplItem[];
}

interface Family {
  readonly size: number;
  readonly format: (bytes: Uint8Array) => string;
  readonly parse: (text: string) => Uint8Array;
}

const families = new Map<number, Family>([
  [1, { size: 4, format: formatIpv4, parse: parseIpv4 }],
  [2, { size: 16, format: formatIpv6, parse: parseIpv6 }],
]);

/**
 * APL (RFC 3123 section 4): any number of items, each a 16-bit address family, a prefix length in one byte, a byte
 * with the negation in its top bit and the length of the address in the others, and the address without the zero
 * bytes at its end. An empty list is a valid one.
 */
export const apl: Codec<Apl> = {
  read: (reader) => {
    const items = [];
    while (reader.remaining > 0) {
      const [family, prefix, flags] = [reader.u16(), reader.u8(), reader.u8()];
      const kind = families.get(family);
      const part = reader.take(flags & 0x7f);
      if (kind === undefined || part.length > kind.size || prefix > kind.size * 8) {
        throw new WireError(`an address of family ${family} is unknown or too long`);
      }
      const bytes = new Uint8Array(kind.size);
      bytes.set(part);
      items.push({ family, negated: flags >= 0x80, address: kind.format(bytes), prefix });
    }
    return { items };
  },
  write: (writer, { items }) => {
    for (const { family, negated, address, prefix } of items) {
      const bytes = families.get(family)!.parse(address);
      const part = bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);
      writer.u16(family);
      writer.u8(prefix);
      writer.u8(part.length | (negated ? 0x80 : 0));
      writer.bytes(part);
    }
  },
  format: ({ items }) =>
    items
      .map(({ family, negated, address, prefix }) => `${negated ? "!" : ""}${family}:${address}/${prefix}`)
      .join(" "),
  parse: (text) => {
    const items = [];
    while (!text.done) items.push(text.word("an address prefix", parseItem));
    return { items };
  },
};

function parseItem(word: string): AplItem {
  const [, bang, number, address = "", prefix = ""] = /^(!?)([12]):([^/]+)\/(\d+)$/.exec(word) ?? [];
  const family = Number(number);
  const kind = families.get(family);
  if (kind === undefined) {
    throw new PresentationError(
      `${JSON.stringify(word)} is not in the form [!]1:IPV4/PREFIX or [!]2:IPV6/PREFIX`,
    );
  }
  return {
    family,
    negated: bang === "!",
    address: kind.format(kind.parse(address)),
    prefix: parseInteger(prefix, kind.size * 8),
  };
}
