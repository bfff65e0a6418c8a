import type { SecureVersion } from "node:tls";
import type { ScriptedQuery } from "./query.ts";

/** What can be wrong with one answer. */
export type Fault =
  /** Another id, the rest right. */
  | "wrong-id"
  /** The id right, one letter of the question's name changed. */
  | "wrong-question"
  /** The id right, the question's type changed. */
  | "wrong-type"
  /** The id right, the question's class changed. */
  | "wrong-class"
  /** The query itself comes back, QR still 0. */
  | "qr-0"
  /** A header alone: QDCOUNT 0, no records, the rcode that the answer had. */
  | "no-question"
  /** Opcode STATUS. */
  | "wrong-opcode"
  /** The question in the other case (capitals); right by RFC 4343. */
  | "other-case"
  /** The answer twice. */
  | "duplicate"
  /** First an answer that nobody asked for, then the right one. */
  | "stray"
  /** TC set, no records but OPT. */
  | "truncated"
  /** Header and question right, the counts promise records that are not there. */
  | "bad-counts"
  /** A record whose owner is a compression pointer to itself. */
  | "pointer-loop"
  /** A frame of pseudo-random bytes. */
  | "garbage"
  /** Pseudo-random bytes that are no frame: whatever they say about lengths. */
  | "garbage-stream"
  /** A frame of length 0, then the right answer. */
  | "zero-length"
  /** A frame of 5 bytes, then the right answer. */
  | "short"
  /** All but the last byte of the answer; nothing follows on this connection. */
  | "unfinished"
  /** No answer. */
  | "silent";

/** What TCP and TLS do before there is an application. */
type Handshake =
  | "serve"
  /** TCP is accepted, what comes is read and counted, nothing is ever sent. */
  | "never"
  /** TCP is accepted and closed at once with FIN. */
  | "close"
  /** TCP is accepted and reset at once. */
  | "rst"
  /** Bytes that are no TLS are sent when the first bytes come. */
  | "garbage"
  /** TLS starts after so many milliseconds. */
  | { readonly delay: number };

/** How a connection is closed: close_notify and FIN, or RST. */
export type CloseWith = "fin" | "rst";

/**
 * Everything that can be turned, also while the server runs; the next query or the next connection sees the new value.
 * A number that is 0 and a value that is null mean: do not.
 */
export interface Knobs {
  // What is answered.
  /** The answer's bytes, null for none, undefined for the default answer. `query` is parsed; see `defaultAnswer()`. */
  answer: ((query: ScriptedQuery) => AnswerResult | Promise<AnswerResult>) | null;
  /** Milliseconds before the answer. Names whose first label is `d250` wait 250 ms in addition, whatever this says. */
  delay: number | ((query: ScriptedQuery) => number);
  /** Response codes by name: lower case, no dot at the end. A negative answer carries no records. */
  rcodes: Readonly<Record<string, number>>;
  fault: Fault | null | ((query: ScriptedQuery) => Fault | null);
  /** Size in bytes that an answer is filled up to with TXT records, at most 65,535. */
  size: number;
  /** TTL of the records, seconds. */
  ttl: number;
  /** False: no OPT in answers, as if EDNS were unknown. */
  edns: boolean;
  /** FORMERR without OPT to every query that has OPT, as servers older than EDNS do. */
  formerrToEdns: boolean;
  /** Block length that answers are padded to when the query was padded (RFC 8467 says 468). */
  padTo: number;
  /** Value of the edns-tcp-keepalive option (RFC 7828), in units of 100 ms; null: no option. */
  keepalive: number | null;
  /** Extended DNS error (RFC 8914) in every answer. */
  ede: { readonly code: number; readonly text: string } | null;

  // How answers are written.
  /** Collects so many answers on a connection and sends them last first. */
  reorder: number;
  /** Collects so many answers on a connection and sends them in one write, one TLS record while they fit. */
  merge: number;
  /** Collects two answers on a connection and gives each the id of the other. */
  swap: boolean;
  /** How long `reorder`, `merge` and `swap` wait for company, in milliseconds, before they send what is there. */
  collectFor: number;
  /** Writes pieces of so many bytes, a TLS record each; a list: the offsets in each write at which it is cut. */
  split: number | readonly number[];
  /** Milliseconds between the pieces. */
  splitPause: number;

  // How connections live.
  handshake: Handshake;
  /** Closes a connection after so many answers; what was asked beyond is lost. */
  closeAfter: number;
  /** Answers nothing and closes the connection when so many queries wait on it. */
  closeInFlight: number;
  /** Closes a connection on which nothing came or went for so many milliseconds; read when its handshake ends. */
  idle: number;
  closeWith: CloseWith;
  /** Reads queries and never answers. */
  silent: boolean;
  /** Takes one query each time that bytes come, however many they hold, as NSD 4.6 does: the others wait for more bytes. */
  oneOfRecord: boolean;
  /** Knobs of one connection (numbered from 1) that win over the others, decided when it is accepted. */
  connection: ((number: number) => Partial<Knobs>) | null;

  // TLS. Seen by new connections.
  /** PEM of what is presented. `present("expired")` and so on sets it. */
  chain: string;
  key: string;
  /** Protocols accepted by ALPN, a fatal alert for others (RFC 7301); null: the extension is ignored. */
  alpn: readonly string[] | null;
  /** Refuses clients that send no ALPN. */
  alpnStrict: boolean;
  /**
   * False: no session is ever resumed. A Node server gives two tickets with a full handshake of TLS 1.3 and none with a
   * resumed one: a client that uses each ticket once shakes hands in full every third time.
   */
  tickets: boolean;
  /** 48 bytes. They stay while the certificate changes; change them and old tickets are worth nothing. */
  ticketKeys: Buffer;
  minVersion: SecureVersion;
  maxVersion: SecureVersion;
  /** PEM of the authorities of clients: only who shows a certificate under one of them is served. Null: everybody. */
  clientCa: string | null;
}

export type AnswerResult = Uint8Array | null | undefined;

export const defaultKnobs: Omit<Knobs, "chain" | "key" | "ticketKeys"> = {
  answer: null,
  delay: 0,
  rcodes: {},
  fault: null,
  size: 0,
  ttl: 300,
  edns: true,
  formerrToEdns: false,
  padTo: 468,
  keepalive: null,
  ede: null,
  reorder: 0,
  merge: 0,
  swap: false,
  collectFor: 50,
  split: 0,
  splitPause: 0,
  handshake: "serve",
  closeAfter: 0,
  closeInFlight: 0,
  idle: 0,
  closeWith: "fin",
  silent: false,
  oneOfRecord: false,
  connection: null,
  alpn: ["dot"],
  alpnStrict: false,
  tickets: true,
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  clientCa: null,
};
