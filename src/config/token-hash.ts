import { createHash, scryptSync } from "node:crypto";

/** Costs of scrypt: 16 MiB and some 30 ms. Tokens that are made here cannot be guessed at any cost; others might be. */
export const TOKEN_COSTS = { N: 16_384, r: 8, p: 1 } as const;

/** Bytes of the key that scrypt gives. */
export const TOKEN_KEY = 32;

/** What can be sent as a Bearer token (RFC 6750 section 2.1), and is long enough not to be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/-]{20,512}=*$/;

/** Whether a text can be a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Writes a hash as `control.token` takes it. */
export function formatTokenHash(salt: Uint8Array, key: Uint8Array): string {
  const { N, r, p } = TOKEN_COSTS;
  return ["scrypt", N, r, p, base64url(salt), base64url(key)].join(":");
}

/**
 * The hash of a token that stands in a configuration, always the same, so that the configuration is the same each time that it
 * is read. The salt is made from the token: what it keeps apart is tables of guesses, and these are long.
 */
export function hashOfWritten(token: string): string {
  const salt = createHash("sha256").update(`dotls control token ${token}`).digest().subarray(0, 16);
  return formatTokenHash(salt, scryptSync(token, salt, TOKEN_KEY, TOKEN_COSTS));
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
