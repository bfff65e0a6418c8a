import { isIPv4 } from "node:net";
import { parseName } from "../dns/name.ts";
import { parseIpv4, parseIpv6 } from "../dns/rr/address-fields.ts";
import { PresentationError } from "../dns/text-errors.ts";

/**
 * The names of the reverse zones that make up a prefix, `10.0.0.0/8` or `fd00::/8`, in wire form: one where the length
 * falls on a label (8 bits under in-addr.arpa, RFC 1035 section 3.5; 4 bits under ip6.arpa, RFC 3596 section 2.5), else
 * as many as the label has values in it, 16 for 172.16.0.0/12. Bits behind the length do not count.
 * Throws PresentationError when it is no prefix.
 */
export function reverseSuffixes(prefix: string): Uint8Array[] {
  const [address = "", lengthText = ""] = prefix.split("/");
  const version4 = isIPv4(address);
  const bytes = version4 ? parseIpv4(address) : parseIpv6(address);
  const length = /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (!(length <= bytes.length * 8)) {
    throw new PresentationError(`${JSON.stringify(prefix)} is no prefix of addresses`);
  }
  const width = version4 ? 8 : 4;
  const radix = version4 ? 10 : 16;
  const parts = version4 ? Array.from(bytes) : Array.from(bytes).flatMap((byte) => [byte >>> 4, byte & 15]);
  const top = version4 ? "in-addr.arpa." : "ip6.arpa.";
  const whole = Math.floor(length / width);
  const rest = length % width;
  const labels = parts.slice(0, whole).map((part) => part.toString(radix));
  const parent = [...labels.toReversed(), top].join(".");
  if (rest === 0) return [parseName(parent)];
  const count = 2 ** (width - rest);
  const first = parts[whole]! & -count;
  return Array.from({ length: count }, (_, i) => parseName(`${(first + i).toString(radix)}.${parent}`));
}
