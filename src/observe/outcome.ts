/** How a client asked. */
export const Transport = { UDP: 0, TCP: 1 } as const;

/** Where an answer came from. */
export const Source = {
  /** dotls itself: an error, or a name that is known here. */
  LOCAL: 0,
  UPSTREAM: 1,
  /** From memory, within its time; a failure that is remembered as well. */
  CACHE: 2,
  /** From memory, over its time (RFC 8767). */
  STALE: 3,
} as const;

/** Why a query gets no reply at all; `error` of its outcome is one of them. */
export const Drop = {
  NO_QUERY: "not a query",
  LIMITED: "too many errors to this network",
} as const;

/**
 * A query at its end, as the counters and the history see it, once. The object and its bytes belong to the packet path
 * and are used again or changed after the call: whoever wants to keep something copies it.
 */
export interface Outcome {
  /** When the query was received, milliseconds of the monotonic clock (`performance.now()`). */
  readonly receivedAt: number;
  /** How long its answer took, in milliseconds. */
  readonly duration: number;
  /** One of `Transport`. */
  readonly transport: number;
  /** Without brackets, IPv4-mapped IPv6 addresses as IPv4. */
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The query as received; its first name starts at byte 12, uncompressed. */
  readonly bytes: Uint8Array;
  /** Length of that name in wire form, root label included; 0 when the question could not be read. */
  readonly nameLength: number;
  readonly type: number;
  readonly class: number;
  readonly querySize: number;
  readonly hasEdns: boolean;
  /** What the client can receive over UDP; of no meaning without EDNS. */
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  /** With the high bits from OPT (RFC 6891 section 6.1.3); -1: no answer was sent. */
  readonly rcode: number;
  readonly replySize: number;
  /** The 16 flag bits of the reply; of no meaning when no answer was sent. */
  readonly replyFlags: number;
  /** One of `Source`; of no meaning when no answer was sent. */
  readonly source: number;
  /** The label of the upstream that answered; null when dotls itself did. A constant string of the configuration. */
  readonly server: string | null;
  /** With an answer of an upstream: whether it came unencrypted. */
  readonly clear: boolean;
  /** Why dotls itself answered an error or nothing, in words; null when all went well. */
  readonly error: string | null;
  // Where the time went when an upstream answered, in whole microseconds: small integers need no memory of their own.
  /** Until the question was given to the server that answered it. */
  readonly waitUs: number;
  /** Until TCP was connected, and until TLS was negotiated: as far as this query had to wait for it. */
  readonly connectUs: number;
  readonly tlsUs: number;
  /** Until it was written to the open connection. */
  readonly sendUs: number;
  /** From then until the answer came. */
  readonly answerUs: number;
}

/** Somebody who wants to know how each query ended. Called once for each, on the packet path: be quick, never throw. */
export interface Observer {
  /** A query came in; `ended` follows for each, now or later. Of the outcome, only what is known of the query is there. */
  received?(query: Outcome): void;
  ended(outcome: Outcome): void;
  /** A server is asked though no client waits: an answer in memory is about to be over, or is. */
  refreshing?(): void;
}
