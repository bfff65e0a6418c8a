import { createHash } from "node:crypto";

/**
 * The hash by which DNS stamps know a certificate: Base64 of SHA-256 over its TBSCertificate, the part that is signed.
 * Takes the certificate in DER. Null when it is no certificate in DER.
 *
 * A Certificate is a SEQUENCE whose first element is the TBSCertificate (RFC 5280 section 4.1), so two headers have to be
 * read and nothing behind them.
 */
export function certHashOf(der: Uint8Array): string | null {
  const outer = sequenceAt(der, 0);
  const signed = outer === null ? null : sequenceAt(der, outer.content);
  if (outer === null || signed === null || signed.end > outer.end) return null;
  return createHash("sha256").update(der.subarray(outer.content, signed.end)).digest("base64");
}

/** Where the content of a SEQUENCE begins and ends; null when there is none, or it goes on behind the bytes. */
function sequenceAt(der: Uint8Array, at: number): { content: number; end: number } | null {
  const first = der[at + 1];
  if (der[at] !== 0x30 || first === undefined) return null;
  // Below 128 the byte is the length; above, it says how many bytes of length follow.
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 4) return null;
  const content = at + 2 + more;
  let length = more === 0 ? first : 0;
  for (const byte of der.subarray(at + 2, content)) length = length * 256 + byte;
  return content <= der.length && content + length <= der.length ? { content, end: content + length } : null;
}
