import type { Exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import type { LinkTls } from "./link-tls.ts";
import type { Proof } from "./proof.ts";

/** What is known of a link once it is open; for status, doctor and people. */
export interface LinkInfo {
  /** Milliseconds until TCP (or UDP: 0) was connected. */
  readonly connectMs: number;
  /** Milliseconds of the TLS handshake alone; 0 where there is none. */
  readonly handshakeMs: number;
  readonly resumed: boolean;
  /** By what the server has proved who it is. */
  readonly proof: Proof;
  /** Why by nothing, where that is known. */
  readonly doubt: Failure | null;
  /** Not there without TLS. */
  readonly tls?: LinkTls;
}

/** When a link opened, and how much of the time before that its handshake took. */
export interface Opening {
  /** Monotonic ms. */
  readonly at: number;
  readonly handshakeMs: number;
}

/** Who opens links and hears what becomes of them: an Upstream. */
export interface LinkOwner {
  /** Whether each query is to have a TLS record of its own, for a server that reads only the first one of a record. */
  readonly singly: boolean;
  onOpen(link: Link, info: LinkInfo): void;
  /**
   * The link is over, before its exchanges hear of it. `opened`: it had been open; `lost`: how many exchanges it held.
   */
  onEnd(link: Link, failure: Failure, opened: boolean, lost: number): void;
  onAnswer(link: Link, exchange: Exchange): void;
  /** The server has shown that it reads all queries of a TLS record. */
  onDrained(): void;
  /** A message that answers nothing we asked: unknown id, other question, no response. */
  onMismatch(link: Link): void;
}

/**
 * A way to one server that carries many exchanges at once: a TLS or TCP connection, an HTTP/2 session, a UDP socket.
 * Exchanges that come before it is open wait. Each exchange that it takes ends in exactly one of `answered` (true) and
 * `lost`, unless it is abandoned first.
 */
export interface Link {
  readonly state: "connecting" | "open" | "over";
  /** Noted by its owner; null: it is not open yet. */
  opening: Opening | null;
  /** Answers delivered: a link that ends with none was of no use. */
  readonly answered: number;
  /** Exchanges that wait for the link or for their answer on it. */
  readonly load: number;
  /** Since when exchanges wait without a sign of life from the server, monotonic ms; 0: none waits. */
  readonly quietSince: number;
  /** It has no ids left for new exchanges: it must get no more of them, and goes on with those that it has. */
  readonly full: boolean;
  /** Whether the server looks as if it had read only one of the queries that were written together. */
  readonly lagging: boolean;
  /** Takes an exchange; `now` is monotonic ms. One that it cannot take is lost at once. */
  ask(exchange: Exchange, now: number): void;
  /** Nobody waits for this exchange any more. A late answer to it must not meet another query. */
  abandon(exchange: Exchange): void;
  /** The exchanges that it holds and that are not abandoned. */
  held(): Exchange[];
  /** Ends the link on our side. Exchanges on it are lost. */
  close(): void;
}
