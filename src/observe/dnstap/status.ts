import { DNSTAP_COUNTS, DnstapCount } from "./counts.ts";

/** What the status says of dnstap. */
export interface DnstapStatus {
  readonly to: string;
  /** How many threads have a reader. */
  readonly connected: number;
  readonly sent: number;
  /** Messages that no reader gets. */
  readonly dropped: number;
}

/** The counts of all threads together. */
export function dnstapStatus(to: string, threads: readonly Float64Array[]): DnstapStatus {
  const sums = Array.from({ length: DNSTAP_COUNTS }, (_, at) =>
    threads.reduce((sum, counts) => sum + counts[at]!, 0),
  );
  return {
    to,
    connected: sums[DnstapCount.CONNECTED]!,
    sent: sums[DnstapCount.SENT]!,
    dropped: sums[DnstapCount.DROPPED]!,
  };
}
