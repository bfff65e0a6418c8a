/** What is counted of one server; read when somebody asks for the status. */
export interface UpstreamCounters {
  connections: number;
  handshakes: number;
  resumed: number;
  queries: number;
  answers: number;
  failures: number;
  mismatched: number;
  /** Queries that it got because another server was late. */
  hedges: number;
  /** Links that went quiet under queries. */
  suspected: number;
  /** Of the last TLS handshake, ms; -1: none yet. */
  handshakeMs: number;
  /** Decayed mean time from writing a query to its answer, ms; -1: none yet. */
  roundTripMs: number;
}

/** All at their beginning. */
export function newCounters(): UpstreamCounters {
  return {
    connections: 0,
    handshakes: 0,
    resumed: 0,
    queries: 0,
    answers: 0,
    failures: 0,
    mismatched: 0,
    hedges: 0,
    suspected: 0,
    handshakeMs: -1,
    roundTripMs: -1,
  };
}
