import type { Outcome } from "./outcome.ts";

/** How a message went between dotls and a server; the numbers of dnstap's SocketProtocol. */
export const Wire = { UDP: 1, TCP: 2, TLS: 3, HTTPS: 4 } as const;

/** The server of a message. */
export interface TapServer {
  readonly address: string;
  readonly port: number;
}

/**
 * Somebody who wants the messages themselves, as they are on the wire. Called on the packet path: be quick, never throw, and
 * copy what is to be kept, as the bytes are used again.
 */
export interface Tap {
  /** A query came in: its `bytes`, from 0 to `querySize`. */
  clientQuery(query: Outcome): void;
  /** Its reply leaves: bytes[start..end). */
  clientResponse(query: Outcome, bytes: Uint8Array, start: number, end: number): void;
  /** The question of `query` goes to a server, as bytes[start..end) with this `id` in place of the first two; `wire` is one of `Wire`. */
  forwarderQuery(
    query: Outcome,
    server: TapServer,
    wire: number,
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** The server's answer; `sentAt`: when the question went, monotonic ms. */
  forwarderResponse(
    query: Outcome,
    server: TapServer,
    wire: number,
    sentAt: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
}
