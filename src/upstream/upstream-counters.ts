import type { LinkInfo } from "./link.ts";
import { UpstreamTally } from "./upstream-tally.ts";

/** What is counted of one server; read when somebody asks for the status. */
export class UpstreamCounters {
  readonly tally: UpstreamTally = new UpstreamTally();
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

  /** A link is open. */
  opened({ connectMs, handshakeMs, resumed, tls }: LinkInfo): void {
    this.tally.opened(connectMs, handshakeMs, resumed);
    if (tls === undefined) return;
    this.handshakes++;
    if (resumed) this.resumed++;
    this.handshakeMs = handshakeMs;
  }

  /** An answer came after `took` ms; `rcode` is that of `Exchange`. */
  answered(took: number, rcode: number): void {
    this.answers++;
    if (rcode >= 0) this.tally.answered(rcode, took);
    this.roundTripMs = this.roundTripMs < 0 ? took : this.roundTripMs * 0.9 + took * 0.1;
  }
}
