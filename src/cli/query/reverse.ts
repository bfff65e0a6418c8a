import { isIPv6 } from "node:net";
import { parseIpv6 } from "../../dns/rr/address-fields.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The name that `-x` asks for: nibbles under ip6.arpa (RFC 3596 section 2.5), or the parts of an IPv4 address, all four
 * or fewer for a prefix, under in-addr.arpa (RFC 1035 section 3.5). Throws UsageError.
 */
export function reverseName(address: string): string {
  if (isIPv6(address) && !address.includes("%")) {
    const nibbles = Buffer.from(parseIpv6(address)).toString("hex");
    return `${Array.from(nibbles).toReversed().join(".")}.ip6.arpa.`;
  }
  const parts = address.replace(/\.$/, "").split(".");
  if (parts.length > 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    throw new UsageError(`-x: ${JSON.stringify(address)} is no IP address`);
  }
  return `${parts.toReversed().join(".")}.in-addr.arpa.`;
}
