/** By the numbers of `Source`. */
export const answerSources = ["local", "upstream", "cache", "stale"] as const;

export type AnswerSource = (typeof answerSources)[number];

/**
 * One query as people and programs read it: from the control socket, and one line of NDJSON in the history file.
 * A stable contract: fields are added, never renamed; `v` grows when a field changes its meaning (docs/history.md).
 */
export interface HistoryEntry {
  readonly v: 1;
  /** When the query was received: ISO 8601 in UTC, with milliseconds. */
  readonly time: string;
  /** The client's address, without brackets, or its network, as in `192.0.2.0/24`; null when it is not kept. */
  readonly client: string | null;
  /** Null when it is not kept. */
  readonly port: number | null;
  readonly transport: "udp" | "tcp";
  /** In presentation form (RFC 1035 section 5.1), the case as received; null when the question could not be read. */
  readonly name: string | null;
  /** A mnemonic or `TYPE12345`; null with the name. */
  readonly type: string | null;
  /** A mnemonic or `CLASS12345`; null with the name. */
  readonly class: string | null;
  /** A mnemonic, extended ones included; null when no answer was sent. */
  readonly rcode: string | null;
  /** How long the answer took, in milliseconds, with microseconds behind the point. */
  readonly ms: number;
  /** Where the answer came from: dotls itself, an upstream, memory, memory over its time; null when none was sent. */
  readonly source: AnswerSource | null;
  /** The label of the upstream that answered; null when dotls itself did. */
  readonly server: string | null;
  /** The size of the reply as sent. */
  readonly bytes: number;
  readonly querySize: number;
  /** Why dotls itself answered an error, nothing, or what was over its time, in words. */
  readonly error: string | null;
  /** The id of the query. */
  readonly id: number;
  /** The flags of the reply, as in `qr rd ra`; null when no answer was sent. */
  readonly flags: string | null;
  /** Whether the client asked for DNSSEC records. */
  readonly dnssec: boolean;
  /** The size of datagrams that the client can receive, as it says; null without EDNS. */
  readonly udpSize: number | null;
  /** Where the time went; null when no upstream answered. */
  readonly times: QueryTimes | null;
}

/** The parts of the time of a query that an upstream answered, in milliseconds, one after the other. */
export interface QueryTimes {
  /** Until it was given to the server that answered it: failures and slowness of others are in here. */
  readonly wait: number;
  /** For TCP, as far as it had to wait for a new connection. */
  readonly connect: number;
  /** For the handshake of TLS, likewise. */
  readonly tls: number;
  /** Until it was written to the open connection. */
  readonly send: number;
  /** Until the answer came. */
  readonly answer: number;
}
