import { isIP, isIPv4, SocketAddress } from "node:net";

/**
 * The one way to write an IP address without scope id (RFC 5952 for IPv6), so that equal addresses are equal strings;
 * null when the text is not an IP address.
 */
export function canonicalAddress(text: string): string | null {
  if (text.includes("%")) return null;
  const version = isIP(text);
  if (version === 0) return null;
  return version === 4 ? text : new SocketAddress({ address: text, family: "ipv6" }).address;
}

/** Whether an address means a host only together with the interface it is reached through (fe80::/10, RFC 4291). */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}

/** Whether the address stands for all local ones: `0.0.0.0` or `::`. Takes the canonical form. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Whether the address is one that packets never leave the host for. Takes the canonical form. */
export function isLoopback(address: string): boolean {
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

/** Whether no single host can have the address: multicast, or the broadcast address. Takes the canonical form. */
export function isMulticast(address: string): boolean {
  if (isIPv4(address)) return address === "255.255.255.255" || /^2(2[4-9]|3\d)\./.test(address);
  return /^ff[0-9a-f]{2}:/.test(address);
}

/** Whether the text can be the id of an interface after `%`: `eth0`, `2`, `br-lan.7`. */
export function isScopeId(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,15}$/.test(text);
}

/** An address and a port as they stand in a URL: brackets around IPv6. */
export function formatHostPort(address: string, port: number): string {
  return `${bracketed(address)}:${port}`;
}

/** An address as it stands in a URL: brackets around IPv6, scope id inside. */
export function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** Reads a port without sign or leading zero, 0 included; null when it is none. */
export function parsePort(text: string): number | null {
  if (!/^(0|[1-9]\d{0,4})$/.test(text)) return null;
  const port = Number(text);
  return port <= 65_535 ? port : null;
}
