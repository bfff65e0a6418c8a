/** Errors that one network of clients is told in a second, at the most. */
const RATE = 50;

/** Networks are told apart by so many buckets; a shared one only means that both are told less. */
const BUCKETS = 1024;

/**
 * Bounds the errors that go out over UDP, where the sender's address may be forged and an error would hit somebody
 * else (RFC 5358). Queries that are answered are not counted; loopback cannot be forged from outside and is exempt.
 */
export class ErrorLimiter {
  #tokens: Float64Array = new Float64Array(BUCKETS).fill(RATE);
  #filledAt: Float64Array = new Float64Array(BUCKETS);

  /** Whether an error may be sent to this address at `now` (monotonic ms). */
  allows(address: string, now: number): boolean {
    if (address.startsWith("127.") || address === "::1") return true;
    const bucket = networkHash(address) % BUCKETS;
    const since = now - this.#filledAt[bucket]!;
    const tokens = Math.min(RATE, this.#tokens[bucket]! + (since * RATE) / 1000);
    this.#filledAt[bucket] = now;
    this.#tokens[bucket] = tokens < 1 ? tokens : tokens - 1;
    return tokens >= 1;
  }
}

/** A hash of the /24 of an IPv4 address, of about the /64 of an IPv6 one. */
function networkHash(address: string): number {
  const dotted = address.lastIndexOf(".");
  const end = dotted > 0 ? dotted : fourthColon(address);
  let hash = 0x811c9dc5;
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function fourthColon(address: string): number {
  let at = -1;
  for (let i = 0; i < 4; i++) {
    at = address.indexOf(":", at + 1);
    if (at < 0) return address.length;
  }
  return at;
}
