import { HASH_SEED, finishHash } from "../dns/name-hash.ts";

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

/** A hash of the /24 of an IPv4 address, of the /64 of an IPv6 one, however its zeros are written. */
function networkHash(address: string): number {
  const dotted = address.lastIndexOf(".");
  let hash = HASH_SEED;
  if (dotted > 0) {
    for (let i = 0; i < dotted; i++) hash = mix(hash, address.charCodeAt(i));
    return finishHash(hash);
  }
  let zeros = 8 - writtenGroups(address);
  let group = 0;
  for (let i = 0, left = 4; left > 0 && i <= address.length; i++) {
    const digit = hexDigit(address.charCodeAt(i));
    if (digit >= 0) {
      group = group * 16 + digit;
      continue;
    }
    if (i > 0 && address.charCodeAt(i - 1) !== COLON) {
      hash = mix(hash, group);
      group = 0;
      left--;
    }
    if (address.startsWith("::", i)) {
      for (; zeros > 0 && left > 0; zeros--, left--) hash = mix(hash, 0);
    }
  }
  return finishHash(hash);
}

/** How many of the eight groups of an IPv6 address are not hidden in `::`. */
function writtenGroups(address: string): number {
  let groups = 0;
  for (let i = 0, inGroup = false; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === PERCENT) break;
    if (!inGroup && code !== COLON) groups++;
    inGroup = code !== COLON;
  }
  return groups;
}

const COLON = 0x3a;
const PERCENT = 0x25;

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193);
}

/** The value of a hexadecimal digit by its character code, -1 for any other character or none. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
