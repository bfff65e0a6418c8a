import type { Config } from "../config/config.ts";
import type { Explanation, UpstreamTest } from "../control/explanation.ts";
import type { UpstreamReport } from "./upstream-report.ts";

/** How one thread is, when it was asked last. */
export interface ThreadLoad {
  /** How long its event loop took to come round, ms. */
  readonly lagMs: number;
  /** TCP connections of clients. */
  readonly clients: number;
  /** Datagrams that the kernel did not take. */
  readonly unsent: number;
}

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
  readonly upstreams: readonly UpstreamReport[];
  /** How each thread is, as of the last `refresh`. */
  readonly loads: readonly ThreadLoad[];
  /** Asks all threads how they and their servers are. False when one of them did not answer in time. */
  refresh(): Promise<boolean>;
  /** Says what would answer a question, and why; nobody is asked. `name` in wire form; `client`: null for somebody who may ask. */
  explain(name: Uint8Array, type: number, client: string | null): Promise<Explanation>;
  /** Asks the servers with this label, now, on a connection of its own. */
  test(label: string): Promise<readonly UpstreamTest[]>;
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
