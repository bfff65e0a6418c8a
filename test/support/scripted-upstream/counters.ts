import type { ScriptedQuery } from "./query.ts";

/** What the upstream has seen since it started or since `reset()`. */
export class Counters {
  /** TCP connections accepted. */
  connections = 0;
  /** Open now. */
  open = 0;
  /** TLS handshakes that the server finished, resumed ones too. In TLS 1.3 the client may still refuse after that. */
  handshakes = 0;
  resumed = 0;
  /** Handshakes that failed, with the code of the server's error. */
  readonly handshakeErrors: string[] = [];
  queries = 0;
  /** Queries that could not be parsed, answered FORMERR. */
  malformed = 0;
  /** Answers written, right or faulty. */
  answers = 0;
  /** Asked and not answered now, over all connections. */
  inFlight = 0;
  mostInFlight = 0;
  /** Decrypted bytes received. The measure of "no query byte reached the server". */
  applicationBytes = 0;
  /** Bytes received by TCP on connections that are closed by now, and those of the ones that never shook hands. */
  rawBytes = 0;
  /** What came by TCP under `handshake: "never"` and `"garbage"`: a ClientHello, and nothing else from a strict client. */
  readonly rawData: Buffer[] = [];
  /** `data` events on TLS sockets, about one for each TLS record or write of the client. */
  reads = 0;
  writes = 0;
  mostQueriesInOneRead = 0;
  /** How often each size of message (without length prefix) came. */
  readonly sizes = new Map<number, number>();
  /** How often each length of the padding option came. */
  readonly paddings = new Map<number, number>();
  /** How often each EDNS option code came. */
  readonly options = new Map<number, number>();
  /** Names in SNI, by finished handshake; "" for none. */
  readonly serverNames = new Map<string, number>();
  /** Lists offered by ALPN, joined by commas, also of handshakes that fail on it; "" for none. Needs `alpn` not null. */
  readonly alpn = new Map<string, number>();
  /** TLS versions by finished handshake. */
  readonly versions = new Map<string, number>();
  /** Common names of the certificates that clients showed, by finished handshake; "" for none. */
  readonly clients = new Map<string, number>();
  /** Queries on each connection, in the order of the connections. */
  readonly queriesPerConnection: number[] = [];
  /** Names asked, as sent, with how often. */
  readonly names = new Map<string, number>();
  /** The last queries, oldest first; at most `LOG_LIMIT`. */
  readonly log: ScriptedQuery[] = [];

  /** Enters a query that could be parsed. */
  asked(query: ScriptedQuery): void {
    this.queries += 1;
    this.inFlight += 1;
    if (this.inFlight > this.mostInFlight) this.mostInFlight = this.inFlight;
    count(this.sizes, query.bytes.length);
    count(this.names, query.name);
    for (const code of query.opt?.codes ?? []) count(this.options, code);
    const padding = query.opt?.options.get(12);
    if (padding !== undefined) count(this.paddings, padding.length);
    this.log.push(query);
    if (this.log.length >= 2 * LOG_LIMIT) this.log.splice(0, LOG_LIMIT);
  }
}

/** Bounds the log, so that a run of millions of queries does not end in the memory of the test. */
const LOG_LIMIT = 20_000;

export function count<Key>(map: Map<Key, number>, key: Key): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
