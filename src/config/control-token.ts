import type { ControlToken } from "./config.ts";
import { fileOrNone } from "./fields.ts";
import { hashOfWritten, isToken } from "./token-hash.ts";

/** As `dotls token` prints it: algorithm, its three costs, salt and key in base64url. */
const HASH = /^scrypt:(\d{1,7}):(\d{1,2}):(\d{1,2}):[A-Za-z0-9_-]{16,}:[A-Za-z0-9_-]{43}$/;

/**
 * Reads who may use the API over HTTP: `auto`, a hash, a token, of which only the hash is kept, or the path of a file that holds
 * one of the two. Throws RangeError, which never shows the text: it may be a secret.
 */
export function parseControlToken(text: string): ControlToken {
  if (text === "auto") return "auto";
  if (text.startsWith("scrypt:")) {
    if (!isTokenHash(text)) throw new RangeError("the hash is not whole; `dotls token` makes one");
    return { hash: text };
  }
  const isPath = /^\.{0,2}\//.test(text) || /\.[a-z]+$/.test(text);
  if (!isPath && isToken(text)) return { hash: hashOfWritten(text) };
  if (!isPath) {
    throw new RangeError(
      "wants auto, a token of at least 20 characters, a hash as `dotls token` prints it, or a path such as ./token",
    );
  }
  const file = fileOrNone(text);
  if (file === null) throw new RangeError("the API over HTTP is switched off by control.http");
  return file;
}

/** Whether a text is a hash of a token, with costs that can be paid. */
export function isTokenHash(text: string): boolean {
  const [, cost = "0", blocks = "0", lanes = "0"] = HASH.exec(text) ?? [];
  const n = Number(cost);
  const memory = 128 * n * Number(blocks);
  return n >= 1024 && (n & (n - 1)) === 0 && Number(lanes) >= 1 && memory > 0 && memory <= 2 ** 27;
}

/** Writes it as `parseControlToken` reads it, a hash only as far as to tell it from another one. */
export function formatControlToken(token: ControlToken): string {
  if (token === "auto") return "auto";
  return "hash" in token ? token.hash : token.file;
}
