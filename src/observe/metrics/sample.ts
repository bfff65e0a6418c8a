import type { UpstreamTally } from "../../upstream/upstream-tally.ts";
import type { Tally } from "../tally.ts";

/** All that the metrics are made of, at the moment of a scrape. */
export interface MetricsSample {
  readonly version: string;
  /** Wall clock, seconds. */
  readonly startedAt: number;
  readonly config: {
    /** Changes with every change of the effective configuration. */
    readonly hash: string;
    /** When the configuration that is in force was taken, wall clock, seconds. */
    readonly loadedAt: number;
    /** Whether the last attempt to take a new one went well. */
    readonly lastReloadOk: boolean;
  };
  readonly tally: Tally;
  readonly upstreams: readonly UpstreamSample[];
  /** Null: no answers are kept. */
  readonly cache: CacheSample | null;
  readonly history: {
    readonly kept: number;
    /** Queries that could not be written to the file; 0 without a file. */
    readonly lost: number;
    readonly written: number;
  };
  /** dnstap; null: it is not in use. */
  readonly dnstap: { readonly sent: number; readonly dropped: number } | null;
  readonly bypassOpen: boolean;
  readonly threads: readonly ThreadSample[];
}

export interface UpstreamSample {
  /** As the configuration has it; `bypass` for the resolvers of the bypass, whatever they are. */
  readonly label: string;
  /** Whether it may be asked. */
  readonly up: boolean;
  readonly inFlight: number;
  /** Messages of it that answer nothing. */
  readonly mismatched: number;
  readonly links: Readonly<Record<"connecting" | "open" | "suspected" | "parting", number>>;
  readonly tally: UpstreamTally;
  /** Wall clock, seconds; null: it has shown no certificate yet. */
  readonly certificateEnds: number | null;
}

export interface CacheSample {
  readonly size: number;
  readonly used: number;
  readonly positives: number;
  readonly negatives: number;
  readonly failures: number;
  readonly stored: number;
  readonly evicted: number;
}

interface ThreadSample {
  /** Seconds that its event loop took to come round. */
  readonly lag: number;
  readonly clients: number;
  readonly unsent: number;
}
