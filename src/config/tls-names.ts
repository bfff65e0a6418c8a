import { createSecureContext, type SecureContextOptions } from "node:tls";

/**
 * Reads a list of cipher suites as OpenSSL wants it, suites of TLS 1.3 among the others. OpenSSL passes over what it
 * does not know, so each name is tried by itself: a typo must not leave fewer suites than were asked for.
 *
 * @throws RangeError
 */
export function parseCiphers(text: string): string | null {
  if (text === "default") return null;
  const items = text.split(/[:,\s]+/).filter((item) => item !== "");
  // What takes away from the list or sorts it means nothing by itself.
  const names = items.filter((item) => /^[a-z0-9]/i.test(item));
  if (names.length === 0) throw new RangeError(`"${text}" names no cipher suite`);
  for (const name of names) {
    // OpenSSL knows them, and a typo in "!" would let them in.
    if (/null|^(adh|aecdh|complementof)/i.test(name)) {
      throw new RangeError(`"${name}" stands for suites that encrypt nothing or know nobody`);
    }
    if (!takes({ ciphers: name }))
      throw new RangeError(`"${name}" is no cipher suite that OpenSSL here knows`);
  }
  if (!takes({ ciphers: items.join(":") })) throw new RangeError(`"${text}" leaves no cipher suite`);
  return items.join(":");
}

/**
 * Reads the groups for the key exchange, by the names that OpenSSL has for them: `X25519:P-256`. Gives null for
 * `default`.
 *
 * @throws RangeError
 */
export function parseGroups(text: string): string | null {
  if (text === "default") return null;
  const names = text.split(/[:,\s]+/).filter((name) => name !== "");
  if (names.length === 0) throw new RangeError(`"${text}" names no group`);
  for (const name of names) {
    if (name === "auto" || !takes({ ecdhCurve: name })) {
      throw new RangeError(`"${name}" is no group that OpenSSL ${process.versions.openssl} knows`);
    }
  }
  return names.join(":");
}

function takes(options: SecureContextOptions): boolean {
  try {
    return createSecureContext(options) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Checks the name of a protocol for ALPN: 1 to 255 bytes (RFC 7301 section 3.1).
 *
 * @throws RangeError
 */
export function parseProtocolName(text: string): string {
  if (/^[\u0021-\u007e]{1,255}$/.test(text)) return text;
  throw new RangeError(`"${text}" is not the name of a protocol; that of DNS over TLS is dot`);
}
