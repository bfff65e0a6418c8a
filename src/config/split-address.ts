/** The parts of `ADDRESS%ZONE:PORT` in any of its spellings, not yet checked. */
export interface AddressParts {
  /** Without brackets. */
  readonly address: string;
  /** What follows `%`, inside or outside brackets; null when there is none. */
  readonly zone: string | null;
  /** What follows `%` behind the brackets when there is one inside as well; null otherwise. */
  readonly outerZone: string | null;
  /** What follows `:` or `@`; null when there is none. */
  readonly port: string | null;
  readonly bracketed: boolean;
}

/**
 * Takes an address with its decorations apart: `192.0.2.1:53`, `192.0.2.1@53`, `[2001:db8::1]:53`, `2001:db8::1@53`,
 * `fe80::1%eth0@53`, `[fe80::1%eth0]:53`, `[fe80::1%25eth0]:53` as URLs have it (RFC 6874), `192.0.2.1%name:53`. Null when the brackets or the separators do not fit.
 */
export function splitAddress(text: string): AddressParts | null {
  const inBrackets = /^\[([^[\]%]*)(?:%(?:25)?([^[\]%]+))?\](.*)$/.exec(text);
  let address: string;
  let innerZone: string | null = null;
  let rest: string;
  if (inBrackets !== null) {
    address = inBrackets[1]!;
    innerZone = inBrackets[2] ?? null;
    rest = inBrackets[3]!;
  } else {
    const beforeMark = text.split(/[@%]/, 1)[0]!;
    // Two colons make it IPv6, where a single one would start a port.
    const isVersion6 = beforeMark.split(":").length > 2;
    address = isVersion6 ? beforeMark : beforeMark.split(":", 1)[0]!;
    rest = text.slice(address.length);
  }
  const tail = /^(?:%([^%:@]+))?(?:[:@]([^%:@]+))?$/.exec(rest);
  if (tail === null) return null;
  const tailZone = tail[1] ?? null;
  return {
    address,
    zone: innerZone ?? tailZone,
    outerZone: innerZone === null ? null : tailZone,
    port: tail[2] ?? null,
    bracketed: inBrackets !== null,
  };
}

/**
 * Whether an IPv6 address without brackets and without port ends as if a port had been meant: `::1:53`. It is a valid
 * address, but another one than the writer had in mind.
 */
export function looksLikePort(parts: AddressParts): boolean {
  return !parts.bracketed && parts.port === null && /:(53|853|5300|5353|8853)$/.test(parts.address);
}
