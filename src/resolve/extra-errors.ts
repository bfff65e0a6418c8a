import { ExtendedError } from "../dns/edns/extended-error.ts";
import type { ExtraError } from "../dns/reply-writer.ts";

/** EXTRA-TEXT of a reply is cut to this many bytes: a datagram of 512 must still hold question and OPT. */
const MAX_TEXT = 200;

/** An extended error with its text as bytes; the text is cut at a character, never inside one (RFC 8914 section 2). */
export function extraError(code: number, text: string): ExtraError {
  let bytes = Buffer.from(text, "utf8");
  if (bytes.length > MAX_TEXT) {
    let end = MAX_TEXT;
    while ((bytes[end]! & 0xc0) === 0x80) end--;
    bytes = bytes.subarray(0, end);
  }
  return { code, text: bytes };
}

/** Made once: these answers are given too often to be put together for each. */
export const Extra: Readonly<
  Record<
    | "prohibited"
    | "notAuthoritative"
    | "notSupported"
    | "tooMany"
    | "stale"
    | "staleNxdomain"
    | "cachedError",
    ExtraError
  >
> = {
  prohibited: extraError(ExtendedError.PROHIBITED, "this client is not in access.allow"),
  notAuthoritative: extraError(
    ExtendedError.NOT_AUTHORITATIVE,
    "recursion was not asked for, and dotls has no data of its own",
  ),
  notSupported: extraError(ExtendedError.NOT_SUPPORTED, "not served by a forwarder"),
  stale: extraError(ExtendedError.STALE_ANSWER, "its time is over, and the servers give no newer one"),
  staleNxdomain: extraError(
    ExtendedError.STALE_NXDOMAIN_ANSWER,
    "its time is over, and the servers give no newer one",
  ),
  cachedError: extraError(ExtendedError.CACHED_ERROR, "it failed a moment ago and is not asked again yet"),
  tooMany: extraError(ExtendedError.OTHER, "too many queries wait for an answer"),
};
