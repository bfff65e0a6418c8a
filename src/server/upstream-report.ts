import type { DesignatedFace, UpstreamDetail, UpstreamStatus } from "../control/status.ts";
import { latencyQuantile } from "../upstream/latency.ts";
import { type CertificateFacts, certificateFacts } from "../upstream/link-tls.ts";
import type { LinkStates } from "../upstream/links.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { CLOSES, OUTCOMES, TIMED_RCODES, UpstreamTally } from "../upstream/upstream-tally.ts";
import { DURATION_BOUNDS } from "../buckets.ts";
import { tlsErrors } from "../observe/metrics/tls-errors.ts";
import { upstreamStatus } from "./upstream-status.ts";

/** What one thread knows of one server, in a form that can be sent to another thread and added to what that one knows. */
export interface UpstreamReport extends UpstreamStatus, ReportedBeside {}

/** What is reported beside what the status tells. */
interface ReportedBeside {
  readonly protocol: "tls" | "https" | "udp" | "tcp";
  /** Whether it is there only as long as the bypass is open. */
  readonly temporary: boolean;
  readonly links: LinkStates;
  readonly tls: UpstreamDetail["tls"];
  readonly certificate: CertificateFacts | null;
  /** Of `UpstreamTally`. */
  readonly numbers: Float64Array;
  /** Of `Latency`. */
  readonly latency: Float64Array;
}

/** What this thread knows of a server. */
export function upstreamReport(
  upstream: Upstream,
  protocol: UpstreamReport["protocol"],
  temporary: boolean,
  face: DesignatedFace | null,
): UpstreamReport {
  const { last, chain } = upstream.tls;
  return {
    ...upstreamStatus(upstream, face),
    protocol,
    temporary,
    links: upstream.linkStates,
    tls: last && { version: last.version, cipher: last.cipher, alpn: last.alpn },
    certificate: chain && certificateFacts(chain),
    numbers: upstream.counters.tally.numbers.slice(),
    latency: upstream.latency.counts,
  };
}

const BESIDE = ["protocol", "temporary", "links", "tls", "certificate", "numbers", "latency"] as const;

/** Only what the status tells. */
export function statusOfReport(report: UpstreamReport): UpstreamStatus {
  const status: UpstreamStatus & { -readonly [Key in keyof ReportedBeside]?: ReportedBeside[Key] } = {
    ...report,
  };
  for (const key of BESIDE) delete status[key];
  return status;
}

/** All of it in words. */
export function detailOfReport(report: UpstreamReport): UpstreamDetail {
  const { numbers, latency, temporary, ...rest } = report;
  const tally = new UpstreamTally(numbers);
  const sum = latency.reduce((total, count) => total + count, 0);
  const quantile = (share: number): number | null => latencyQuantile(latency, sum, share) ?? null;
  const all = Array.from({ length: DURATION_BOUNDS.length + 1 }, () => 0);
  TIMED_RCODES.forEach((_, rcode) => {
    tally.durations(rcode).counts.forEach((count, bucket) => {
      all[bucket]! += count;
    });
  });
  return {
    ...rest,
    bypass: temporary,
    recent: { p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) },
    durations: { bounds: DURATION_BOUNDS, counts: all },
    outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, tally.outcome(outcome)])),
    closes: Object.fromEntries(CLOSES.map((reason) => [reason, tally.closes(reason)])),
    tlsErrors: tlsErrors(tally),
    hedges: { won: tally.hedges(true), lost: tally.hedges(false) },
  };
}
