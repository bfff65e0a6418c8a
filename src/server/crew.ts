import { AnswerCache } from "../cache/answer-cache.ts";
import { processTime } from "../cache/clock.ts";
import type { Config } from "../config/config.ts";
import { IoError } from "../listen/io-error.ts";
import type { PassedSocket } from "../listen/passed-socket.ts";
import { Sockets } from "../listen/sockets.ts";
import type { Log } from "../observe/log.ts";
import { privacyFor } from "./history-privacy.ts";
import { type Ledger, ownLedger, sharedLedger } from "./ledger.ts";
import { type Processors, usableProcessors } from "./processors.ts";
import type { Workforce } from "./workforce.ts";

/** Who will answer the queries of a server: this thread, or workers. */
export interface Crew {
  readonly ledger: Ledger;
  readonly workers: number;
  /** What the number follows from, in words; null: it was asked for. */
  readonly why: string | null;
  /** Opens the doors. Rejects with a DotlsError when an address cannot be had; nothing is left open then. */
  open(log: Log): Promise<Workforce>;
}

/**
 * Decides how many threads are to answer. One is this thread itself, without another. Rejects with IoError (ERR_DOTLS_IO) when
 * several are asked for by number and this machine has no sockets that threads can share: then `share` rejects. `cache`: the
 * answers that are kept, as this thread sees them; null: none are. `sockets`: those that are there already.
 */
export async function planCrew(
  config: Config,
  cache: AnswerCache | null,
  processors: () => Processors = usableProcessors,
  share: () => Promise<unknown> = () => Sockets.choose({ io: config.io, sharing: "first" }),
  sockets: readonly PassedSocket[] = [],
): Promise<Crew> {
  const { workers, why } = await workersFor(config, processors, share, sockets.length > 0);
  const { size } = config.history;
  const privacy = privacyFor(config.history);
  if (workers === 1) {
    const ledger = ownLedger(size, privacy);
    const open = async (log: Log): Promise<Workforce> => {
      const { Engine } = await import("./engine.ts");
      return Engine.open({
        config,
        log,
        observers: ledger.observers,
        dnstapCounts: ledger.dnstapCounts[0]!,
        sockets,
        // An object of its own: what it found last must not be changed by who looks at the cache beside it.
        ...(cache && { answers: new AnswerCache(cache.memory, processTime(), ledger.cacheCounts()) }),
      });
    };
    return { ledger, workers, why, open };
  }
  const ledger = sharedLedger(size, workers, privacy);
  const { counters, memory, history, cacheCounters, dnstapCounters } = ledger;
  const open = async (log: Log): Promise<Workforce> => {
    const { WorkerPool } = await import("./worker-pool.ts");
    return WorkerPool.open({
      config,
      log,
      counters,
      history: memory,
      dnstapCounters,
      cache: cache && { seen: cache, counters: cacheCounters },
      onWake: () => history.wake(),
    });
  };
  return { ledger, workers, why, open };
}

async function workersFor(
  config: Config,
  processors: () => Processors,
  share: () => Promise<unknown>,
  passed: boolean,
): Promise<Pick<Crew, "workers" | "why">> {
  if (passed && config.shareListeners) {
    const instead = "systemd keeps the sockets that it has passed until the next dotls has them";
    throw new IoError(`shareListeners: ${instead}: leave it off`);
  }
  const { workers, why } =
    config.workers === "auto"
      ? automatic(config, processors, passed)
      : { workers: config.workers, why: null };
  if (workers === 1) return { workers, why };
  if (passed)
    throw new IoError("one thread answers on the sockets that systemd has passed: write workers: 1");
  try {
    await share();
    return { workers, why };
  } catch (error) {
    if (config.workers === "auto" && error instanceof IoError) return { workers: 1, why: error.message };
    throw error;
  }
}

function automatic(
  { user }: Config,
  processors: () => Processors,
  passed: boolean,
): { readonly workers: number; readonly why: string } {
  if (passed) return { workers: 1, why: "systemd has passed the sockets" };
  // Who has become another user cannot put a new worker in the place of one that has died.
  if (user !== null) return { workers: 1, why: `it becomes user ${user}` };
  const { count, why } = processors();
  return { workers: automaticWorkers(count), why };
}

/** How many workers a machine with so many processors has use for. */
export function automaticWorkers(processors: number): number {
  return Math.max(1, Math.min(4, processors >> 1));
}
