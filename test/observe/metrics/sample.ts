import type { MetricsSample } from "../../../src/observe/metrics/sample.ts";
import { TALLY_NUMBERS, Tally } from "../../../src/observe/tally.ts";
import { UpstreamTally } from "../../../src/upstream/upstream-tally.ts";

/** A sample with something in every part, counted to nothing. */
export function sampleOf(changes: Partial<MetricsSample> = {}): MetricsSample {
  return {
    version: "9.8.7",
    startedAt: 1_795_269_600,
    config: { hash: "0123456789abcdef", loadedAt: 1_795_269_600, lastReloadOk: true },
    tally: new Tally(new Float64Array(TALLY_NUMBERS)),
    upstreams: [
      {
        label: 'tls://192.0.2.1#dns"\\.example',
        up: true,
        inFlight: 1,
        mismatched: 2,
        links: { connecting: 0, open: 1, suspected: 0, parting: 0 },
        tally: new UpstreamTally(),
        certificateEnds: 1_800_000_000,
      },
    ],
    cache: { size: 100, used: 50, positives: 3, negatives: 2, failures: 1, stored: 6, evicted: 0 },
    history: { kept: 4, written: 3, lost: 0 },
    dnstap: { sent: 5, dropped: 1 },
    bypassOpen: false,
    threads: [{ lag: 0.001, clients: 1, unsent: 0 }],
    ...changes,
  };
}
