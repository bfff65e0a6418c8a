import { ConfigValueError } from "./value-error.ts";

/**
 * Reads a pin: Base64 of a SHA-256 over a SubjectPublicKeyInfo (RFC 7858 section 4.2), bare or as other programs write
 * it: `sha256/...`, `sha256//...`, `pin-sha256="..."`. Gives the bare 44 characters.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parsePin(text: string): string {
  const trimmed = text.trim();
  const match = /^(?:sha256\/\/?|pin-sha256="|pin-sha256=)?([A-Za-z0-9+/]{43}=)"?;?$/i.exec(trimmed);
  const base64 = match?.[1];
  // Decoded and encoded again: the last character of 43 has two bits that belong to no byte, and they must be zero.
  if (base64 !== undefined && Buffer.from(base64, "base64").toString("base64") === base64) return base64;
  throw new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", `"${text}" is not a pin`, hintFor(trimmed));
}

function hintFor(text: string): string {
  if (/^(?:[0-9a-f]{2}:?){32}$/i.test(text)) {
    const base64 = Buffer.from(text.replaceAll(":", ""), "hex").toString("base64");
    return `this is hexadecimal; if it is the SHA-256 of a public key, and not of a certificate, write ${base64}`;
  }
  return "a pin is the SHA-256 of a public key in Base64, 44 characters with = at the end";
}
