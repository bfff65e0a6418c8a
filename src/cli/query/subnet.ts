import { isIPv4, isIPv6 } from "node:net";
import type { ClientSubnet } from "../../dns/edns/client-subnet.ts";
import { parseIpv4, parseIpv6 } from "../../dns/rr/address-fields.ts";
import { UsageError } from "./usage-error.ts";
import { parseNumber } from "./values.ts";

/**
 * The value of `+subnet`: an address with or without a prefix length, `10/8` for `10.0.0.0/8`, or `0` alone, which asks
 * that no address be told at all (RFC 7871 section 7.1.2). Bits after the prefix are cleared. Throws UsageError.
 */
export function parseSubnet(text: string): ClientSubnet {
  if (text === "0") return { family: 1, sourceLength: 0, scopeLength: 0, address: new Uint8Array(0) };
  const [address, prefix] = text.split(/\/(.*)/s, 2);
  const whole = wholeAddress(address!, prefix !== undefined);
  if (whole === undefined) throw new UsageError(`+subnet: ${JSON.stringify(text)} is no address or prefix`);
  const bits = whole.length * 8;
  const sourceLength = prefix === undefined ? bits : parseNumber(prefix, bits, "+subnet");
  const kept = whole.slice(0, Math.ceil(sourceLength / 8));
  const loose = kept.length * 8 - sourceLength;
  if (loose > 0) kept[kept.length - 1]! &= 0xff << loose;
  return { family: bits === 32 ? 1 : 2, sourceLength, scopeLength: 0, address: kept };
}

function wholeAddress(text: string, hasPrefix: boolean): Uint8Array | undefined {
  if (isIPv6(text) && !text.includes("%")) return parseIpv6(text);
  const missing = 4 - text.split(".").length;
  const padded = hasPrefix && missing > 0 ? text + ".0".repeat(missing) : text;
  return isIPv4(padded) ? parseIpv4(padded) : undefined;
}
