import type { Failure } from "./failure.ts";
import type { Link } from "./link.ts";

/**
 * One attempt to have a question answered by a server. It is in flight on at most one link at a time, and belongs to it
 * from `ask` until its answer, its loss or the connection's end; only the connection touches the fields above the line.
 */
export abstract class Exchange {
  /** The id under which it is in flight on its connection. */
  id = 0;
  /** When it was written, monotonic milliseconds. */
  sentAt = 0;
  /** When its answer came, monotonic milliseconds; of meaning once `answered` is called. */
  answeredAt = 0;
  /** The batch it was written in, and whether others stand before it there. */
  record = 0;
  behind = false;
  /** Neighbours in the connection's list, oldest first. */
  older: Exchange | null = null;
  newer: Exchange | null = null;
  // ----
  /** The link that it was last handed to; set by the upstream. */
  on: Link | null = null;
  /** Nobody waits any more: a late answer is thrown away. Set by whoever made the exchange. */
  abandoned = false;
  /** The response code of its answer, for who counts; -1: it has none, or is not counted. Set by whoever made the exchange. */
  rcode = -1;

  /** A message that holds the question, from byte 12 to `questionEnd`: what the answer's question must equal. */
  abstract readonly question: Uint8Array;
  abstract readonly questionEnd: number;

  /** The length of what `write` will write, in bytes. `form`: one of `Form`, the way it goes. */
  abstract length(form: number): number;

  /**
   * Writes the message at `at`; the connection sets the id (the first two bytes) afterwards: `id`, where it is not that of the
   * exchange.
   */
  abstract write(out: Buffer, at: number, form: number, id?: number): void;

  /**
   * The answer, matched by id and question: the message bytes[start..end), valid during the call only, may be changed.
   * False when it is malformed: `lost` is then called.
   */
  abstract answered(bytes: Uint8Array, start: number, end: number): boolean;

  /**
   * Its link has been quiet for suspiciously long, or does not open. It stays there, as the answer may still come; whoever
   * made it may ask elsewhere at the same time, and where `again` is true the same server on a fresh link too.
   */
  abstract doubted(again: boolean): void;

  /** Its connection came to nothing or ended, or its answer was malformed. `progress`: others were answered, the server is alive. */
  abstract lost(failure: Failure, progress: boolean): void;
}
