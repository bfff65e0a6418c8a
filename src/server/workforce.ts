import type { UpstreamStatus } from "../control/status.ts";

/** Who answers the queries of a server: one engine in its own thread, or several in threads of their own. */
export interface Workforce {
  /** The bound addresses with their real ports, in the order of the configuration: `udp://127.0.0.1:5300`. */
  readonly urls: readonly string[];
  /** How the servers out there are, in the order of the configuration; from several threads: as of a second ago, or the last `refresh`. */
  readonly upstreams: readonly UpstreamStatus[];
  /** Asks all threads how their servers are. */
  refresh(): Promise<void>;
  /** Begins what is not for a client: connections ahead of queries, the look-out for loops. */
  start(): void;
  /** Sends what no route takes to these plain resolvers (IP addresses), until null is given. */
  divert(resolvers: readonly string[] | null): void;
  /** The network changed: connections are made anew. */
  renew(): void;
  /** Takes no more queries, answers those it has, closes all. */
  stop(): Promise<void>;
}
