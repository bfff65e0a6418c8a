import type { ReplyWay } from "../dns/reply-writer.ts";
import type { ClientQuery } from "./client-query.ts";

/** Where a query came in and its reply leaves: a UDP socket, or one TCP connection. */
export interface Door {
  readonly way: ReplyWay;
  /** Bytes that the door needs for itself in front of a reply. */
  readonly headroom: number;
  /** Sends a reply that begins behind the headroom; the buffer belongs to the door from now on. */
  send(query: ClientQuery, reply: Buffer): void;
  /** The query gets no reply: whatever the door holds for it is free. */
  drop(query: ClientQuery): void;
}

/** Who answers what comes in. */
export interface QueryHandler {
  /**
   * A message was read into `query`; `reading` (one of `Reading`) says what it is. True when the handler keeps the
   * object to answer later: the door then takes another one for the next message. Never throws.
   */
  handle(query: ClientQuery, reading: number): boolean;
}
