import { FAILURE_KINDS } from "../../upstream/failure.ts";
import { ANSWERS_BOUNDS, CLOSES, OUTCOMES, TIMED_RCODES } from "../../upstream/upstream-tally.ts";
import { SECONDS } from "./dns-families.ts";
import { type Family, type Series, type SeriesHistogram, counter, gauge, histogram } from "./family.ts";
import type { MetricsSample, UpstreamSample } from "./sample.ts";
import { TLS_ERRORS, tlsErrors } from "./tls-errors.ts";

/** What is measured of the servers out there. The label is theirs of the configuration, never an address that DNS gave. */
export const upstreamFamilies: readonly Family[] = [
  gauge(
    "dotls_upstream_up",
    "Whether the upstream may be asked: 0 after a failure, until it works again.",
    ["upstream"],
    each((upstream) => [[[], upstream.up ? 1 : 0]]),
  ),
  histogram(
    "dotls_upstream_request_duration_seconds",
    "Time from writing a query to its answer, by response code.",
    ["upstream", "rcode"],
    eachHistogram(({ tally }) => TIMED_RCODES.map((rcode, at) => inSeconds([rcode], tally.durations(at)))),
  ),
  counter(
    "dotls_upstream_requests_total",
    "Queries sent, by how they ended; one that a client asked may be sent several times.",
    ["upstream", "outcome"],
    each(({ tally }) => OUTCOMES.map((outcome) => [[outcome], tally.outcome(outcome)])),
  ),
  gauge(
    "dotls_upstream_inflight",
    "Queries that wait for an answer.",
    ["upstream"],
    each(({ inFlight }) => [[[], inFlight]]),
  ),
  counter(
    "dotls_upstream_mismatched_total",
    "Messages of the upstream that answer nothing it was asked.",
    ["upstream"],
    each(({ mismatched }) => [[[], mismatched]]),
  ),
  histogram(
    "dotls_upstream_connect_duration_seconds",
    "Time until a TCP connection was there.",
    ["upstream"],
    eachHistogram(({ tally }) => [inSeconds([], tally.connects)]),
  ),
  histogram(
    "dotls_upstream_tls_handshake_duration_seconds",
    "Time of the TLS handshake, behind that of TCP.",
    ["upstream", "resumed"],
    eachHistogram(({ tally }) =>
      [false, true].map((resumed) => inSeconds([String(resumed)], tally.handshakes(resumed))),
    ),
  ),
  gauge(
    "dotls_upstream_connections",
    "Connections, by state. suspected: quiet for too long, and only listened to; parting: waiting for their last answers.",
    ["upstream", "state"],
    each(({ links }) => Object.entries(links).map(([state, count]) => [[state], count])),
  ),
  counter(
    "dotls_upstream_connections_opened_total",
    "Connections that came about.",
    ["upstream"],
    each(({ tally }) => [[[], count(tally.connects.counts)]]),
  ),
  counter(
    "dotls_upstream_connections_closed_total",
    "Connections that are over, by why.",
    ["upstream", "reason"],
    each(({ tally }) => CLOSES.map((reason) => [[reason], tally.closes(reason)])),
  ),
  counter(
    "dotls_upstream_connection_failures_total",
    "Connections that did not come about, by what went wrong.",
    ["upstream", "reason"],
    each(({ tally }) => FAILURE_KINDS.map((kind) => [[kind], tally.failures(kind)])),
  ),
  counter(
    "dotls_upstream_tls_errors_total",
    "TLS handshakes that failed. name, untrusted and pin mean that somebody else answered, or that the server changed.",
    ["upstream", "reason"],
    each(({ tally }) => {
      const errors = tlsErrors(tally);
      return TLS_ERRORS.map((reason) => [[reason], errors[reason]]);
    }),
  ),
  histogram(
    "dotls_upstream_queries_per_connection",
    "Answers that came on each connection that is over.",
    ["upstream"],
    eachHistogram(({ tally }) => [{ labels: [], bounds: ANSWERS_BOUNDS, ...tally.answersPerLink }]),
  ),
  counter(
    "dotls_upstream_hedges_total",
    "Queries that were sent because another upstream was late, by whether their answer came first.",
    ["upstream", "won"],
    each(({ tally }) => [true, false].map((won) => [[String(won)], tally.hedges(won)])),
  ),
  gauge(
    "dotls_upstream_cert_expiry_timestamp_seconds",
    "When the certificate that the upstream showed last ends.",
    ["upstream"],
    each(({ certificateEnds }) => (certificateEnds === null ? [] : [[[], certificateEnds]])),
  ),
  counter(
    "dotls_loop_detected_total",
    "How often the upstream was found to send questions back to dotls.",
    ["upstream"],
    each(({ tally }) => [[[], tally.loops]]),
  ),
];

function each(read: (upstream: UpstreamSample) => readonly Series[]): (sample: MetricsSample) => Series[] {
  return ({ upstreams }) =>
    upstreams.flatMap((upstream) =>
      read(upstream).map(([labels, value]): Series => [[upstream.label, ...labels], value]),
    );
}

function eachHistogram(
  read: (upstream: UpstreamSample) => readonly SeriesHistogram[],
): (sample: MetricsSample) => SeriesHistogram[] {
  return ({ upstreams }) =>
    upstreams.flatMap((upstream) =>
      read(upstream).map(({ labels, bounds, counts, sum }) => ({
        labels: [upstream.label, ...labels],
        bounds,
        counts,
        sum,
      })),
    );
}

function inSeconds(
  labels: readonly string[],
  { counts, sum }: { readonly counts: Float64Array; readonly sum: number },
): SeriesHistogram {
  return { labels, bounds: SECONDS, counts, sum: sum / 1000 };
}

function count(counts: Float64Array): number {
  return counts.reduce((sum, here) => sum + here, 0);
}
