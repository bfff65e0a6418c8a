import { isIPv4 } from "node:net";
import { canonicalAddress } from "./ip-address.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads a prefix of client addresses: `192.168.0.0/16`, `fd00::/8`, or one address. Gives `ADDRESS/LENGTH` with the
 * address in canonical form. Bits behind the length are refused: they show that the length is not what was meant.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_PREFIX
 */
export function parsePrefix(text: string): string {
  const [host = "", lengthText, ...more] = text.trim().split("/");
  const address = canonicalAddress(host.replace(/^\[(.*)\]$/, "$1"));
  if (address === null || more.length > 0) {
    throw bad(`"${text}" is not a prefix of IP addresses`, "write it as 192.168.0.0/16 or fd00::/8");
  }
  if (/^::ffff:[\d.]+$/.test(address)) {
    throw bad(
      `"${text}" is an IPv4 address inside IPv6`,
      "write the IPv4 prefix: clients are compared as IPv4",
    );
  }
  const bits = isIPv4(address) ? 32 : 128;
  if (lengthText === undefined) return `${address}/${bits}`;
  const length = /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (!(length <= bits)) {
    throw bad(`"${text}": ${lengthText} is not the length of a prefix`, `lengths go from 0 to ${bits}`);
  }
  const first = firstAddress(address, length);
  if (first !== address) {
    throw bad(
      `"${text}" has bits set behind its length`,
      `did you mean ${first}/${length} or ${address}/${bits}?`,
    );
  }
  return `${address}/${length}`;
}

function firstAddress(address: string, length: number): string {
  const version4 = isIPv4(address);
  const width = version4 ? 8 : 16;
  const groups = version4 ? address.split(".").map(Number) : groupsOf(address);
  const masked = groups.map((group, index) => {
    const kept = Math.min(Math.max(length - index * width, 0), width);
    return group & ~(2 ** (width - kept) - 1);
  });
  if (version4) return masked.join(".");
  return canonicalAddress(masked.map((group) => group.toString(16)).join(":"))!;
}

/** The eight groups of a canonical IPv6 address, the two that may be written as IPv4 included. */
export function groupsOf(address: string): number[] {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(":"),
  );
  const [head = "", tail] = hexadecimal.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => "0"), ...after].map((group) =>
    Number.parseInt(group, 16),
  );
}

function bad(message: string, hint: string): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_PREFIX", message, hint);
}
