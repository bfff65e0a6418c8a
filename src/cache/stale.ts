import { Rcode } from "../dns/rcode.ts";

/** TTL of what is served stale, in seconds (RFC 8767 section 4). */
export const STALE_TTL = 30;

/**
 * For so many seconds after a failure, what is stale is served at once, and attempts go on behind that. It is also the longest
 * pause between two of them (the failure recheck timer of RFC 8767 section 5, which is about authoritative servers: an
 * upstream that nobody reaches is spared by its own pauses, one that answers SERVFAIL by pauses that double up to this).
 */
export const RECHECK = 30;

/** How long a client waits before it is served what is stale, in ms; the attempt goes on (RFC 8767 section 5). */
export const CLIENT_TIMER = 1800;

/** Whether an answer takes the place of what is stale; all other codes are failures (RFC 8767 section 4). */
export function refreshes(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN;
}
