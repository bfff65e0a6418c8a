/** What is counted of one server; read when somebody asks for the status. */
export class UpstreamCounters {
  connections = 0;
  handshakes = 0;
  resumed = 0;
  queries = 0;
  answers = 0;
  failures = 0;
  mismatched = 0;
  /** Queries that it got because another server was late. */
  hedges = 0;
  /** Links that went quiet under queries. */
  suspected = 0;
  /** Of the last TLS handshake, ms; -1: none yet. */
  handshakeMs = -1;
  /** Decayed mean time from writing a query to its answer, ms; -1: none yet. */
  roundTripMs = -1;
}
