import type { Config } from "../config/config.ts";
import type { UpstreamStatus } from "../control/status.ts";

/** Another configuration that is ready to take over; nothing has changed yet. */
export interface PreparedChange {
  /** As `Workforce.urls` will be. */
  readonly urls: readonly string[];
  /** It takes over. Resolves when all threads go by it. */
  commit(): Promise<void>;
  /** It does not. */
  abandon(): Promise<void>;
}

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
  /**
   * Opens what another configuration needs and checks what can be checked. Rejects with a DotlsError when something of it
   * cannot be had; nothing is left open then. One change at a time.
   */
  prepare(config: Config): Promise<PreparedChange>;
  /** Takes no more queries, answers those it has, closes all. `hurry` says that clients are not to be waited for any more. */
  stop(hurry?: AbortSignal): Promise<void>;
}
