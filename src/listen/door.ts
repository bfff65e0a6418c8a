import type { ReplyRoom, ReplyWay } from "../dns/reply-writer.ts";
import type { ClientQuery } from "./client-query.ts";

/** Where a query came in and its reply leaves: a UDP socket, or one TCP connection. */
export interface Door extends ReplyRoom {
  readonly way: ReplyWay;
  /** What the last room is a part of. */
  readonly lastRoom: Buffer;
  /** Sends the first `length` bytes of what was written to the last room, which belongs to the door from now on. */
  send(query: ClientQuery, length: number): void;
  /** The query gets no reply: whatever the door holds for it is free. */
  drop(query: ClientQuery): void;
  /**
   * The query will outlive the call of `handle`: what it borrowed from the door's memory, which the next message
   * overwrites, becomes its own. Once is enough.
   */
  keep(query: ClientQuery): void;
}

/** Who answers what comes in. */
export interface QueryHandler {
  /**
   * A message was read into `query`; `reading` (one of `Reading`) says what it is. True when the handler keeps the
   * object to answer later: the door then takes another one for the next message. Before that, `query.retain` has been
   * called. Never throws.
   */
  handle(query: ClientQuery, reading: number): boolean;
}
