import type { ClientQuery } from "../listen/client-query.ts";
import type { Link } from "../upstream/link.ts";

/** What is known of the attempt that brought an answer. */
export interface Attempt {
  /** From the query's arrival until the server was asked, in microseconds. */
  readonly askedUs: number;
  /** When it was written, monotonic ms. */
  readonly sentAt: number;
  readonly on: Link | null;
}

/**
 * Notes where the time of a query went, from its arrival to its answer, `now`: until the server was asked, until the link was
 * connected and secured, as far as the query had to wait for that, until it was written, and answered.
 */
export function noteTimes(query: ClientQuery, attempt: Attempt, now: number): void {
  const asked = query.receivedAt + attempt.askedUs / 1000;
  const opening = attempt.on?.opening ?? null;
  let openAt = asked;
  query.connectUs = 0;
  query.tlsUs = 0;
  if (opening !== null && opening.at > asked) {
    openAt = opening.at;
    const connectedAt = Math.max(asked, openAt - opening.handshakeMs);
    query.connectUs = microseconds(connectedAt - asked);
    query.tlsUs = microseconds(openAt - connectedAt);
  }
  const sentAt = Math.max(attempt.sentAt, openAt);
  query.waitUs = attempt.askedUs;
  query.sendUs = microseconds(sentAt - openAt);
  query.answerUs = microseconds(now - sentAt);
}

/** A query that followed another one had less of each part, as it came later. */
export function shareTimes(follower: ClientQuery, leader: ClientQuery): void {
  let before = Math.max(0, microseconds(follower.receivedAt - leader.receivedAt));
  const rest = (part: number): number => {
    const passed = Math.min(part, before);
    before -= passed;
    return part - passed;
  };
  follower.waitUs = rest(leader.waitUs);
  follower.connectUs = rest(leader.connectUs);
  follower.tlsUs = rest(leader.tlsUs);
  follower.sendUs = rest(leader.sendUs);
  follower.answerUs = rest(leader.answerUs);
}

/** Whole ones: small integers need no memory of their own. */
export function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}
