import type { Config } from "../config/config.ts";
import type { LogFields, LogLevel } from "../observe/log.ts";

import type { UpstreamReport } from "./upstream-report.ts";
import type { ThreadLoad } from "./workforce.ts";

/** What a worker thread is given at its start. The memory is shared by all of them. */
export interface WorkerOrder {
  /** Its ports are real ones: every worker has the same. */
  readonly config: Config;
  /** From 0 on; one that takes the place of another has its number. */
  readonly number: number;
  readonly workers: number;
  /** For `Counters`, its own. */
  readonly counters: SharedArrayBuffer;
  /** For `HistoryRing`. */
  readonly history: SharedArrayBuffer;
  /** For `DNSTAP_COUNTS` numbers, its own. */
  readonly dnstapCounts: SharedArrayBuffer;
  /** The memory of the cache, and where this worker counts what it does with it; null: no cache. */
  readonly cache: { readonly memory: SharedArrayBuffer; readonly counters: SharedArrayBuffer } | null;
  /** For `ProbeBoard`. */
  readonly probes: SharedArrayBuffer;
  /** For `Pulse`, its own. */
  readonly pulse: SharedArrayBuffer;
  /** Where the bypass leads; null: it is closed. */
  readonly diverted: readonly string[] | null;
  /** Whether it is there before the others, and so finds out whether another program has the ports. */
  readonly first: boolean;
}

/** What one thread can say for all of them. */
export type Call =
  | {
      readonly what: "explain";
      readonly name: Uint8Array;
      readonly type: number;
      readonly client: string | null;
    }
  | { readonly what: "test"; readonly label: string };

/** From the main thread to a worker. */
export type ToWorker =
  | { readonly kind: "start" }
  | { readonly kind: "divert"; readonly resolvers: readonly string[] | null }
  | { readonly kind: "renew" }
  /** To be answered with `status` and a load. */
  | { readonly kind: "ask" }
  /** To be answered with `result` under the same number. */
  | { readonly kind: "call"; readonly number: number; readonly call: Call }
  /** Another configuration is to be made ready; to be answered with `prepared` or `failed`. */
  | { readonly kind: "prepare"; readonly config: Config }
  /** What was made ready takes over, or not; to be answered with `settled`. */
  | { readonly kind: "settle"; readonly commit: boolean }
  /** The thread ends when all is answered and closed. */
  | { readonly kind: "stop" }
  /** It is to end without waiting for answers any more. */
  | { readonly kind: "hurry" };

/** The doors could not be opened. The thread ends, unless it has others. */
export interface WorkerFailure {
  readonly kind: "failed";
  /** Of the DotlsError. */
  readonly code: string;
  readonly message: string;
  /** Of the ListenError, if it was one. */
  readonly listen: { readonly url: string; readonly errno: string } | null;
}

/** From a worker to the main thread. */
export type FromWorker =
  /** `owner`: of its cache, for when it dies; null: it has none. */
  | { readonly kind: "open"; readonly urls: readonly string[]; readonly owner: number | null }
  | WorkerFailure
  | { readonly kind: "prepared"; readonly urls: readonly string[] }
  | { readonly kind: "settled" }
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  /** A quarter of the history is new. */
  | { readonly kind: "wake" }
  | {
      readonly kind: "status";
      readonly upstreams: readonly UpstreamReport[];
      /** Null: it was not asked. */
      readonly load: ThreadLoad | null;
    }
  | { readonly kind: "result"; readonly number: number; readonly result: unknown };
