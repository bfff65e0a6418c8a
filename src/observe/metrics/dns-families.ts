import { DURATION_BOUNDS, SIZE_BOUNDS } from "../../buckets.ts";
import { rcodeName } from "../../dns/rcode.ts";
import { QUESTION_TYPES } from "../question-type.ts";
import { COMMON_RCODES, type Tally, TallyDrop, TallySource } from "../tally.ts";
import { type Family, type Series, counter, gauge, histogram, one } from "./family.ts";

const protocols = ["udp", "tcp"] as const;
const families = ["1", "2"] as const;

/** Where answers come from, as the label says it. */
const sources: readonly (readonly [name: string, number: number])[] = [
  ["upstream", TallySource.UPSTREAM],
  ["cache", TallySource.CACHE],
  ["stale", TallySource.STALE],
  ["local", TallySource.LOCAL],
  ["failclosed", TallySource.FAILED],
];

const drops: readonly (readonly [name: string, number: number])[] = [
  ["not_a_query", TallyDrop.NO_QUERY],
  ["error_limit", TallyDrop.LIMITED],
  ["thread_died", TallyDrop.ABANDONED],
];

/** The bounds of durations in seconds. */
export const SECONDS: readonly number[] = DURATION_BOUNDS.map((ms) => ms / 1000);

/** What is measured of the queries of clients. */
export const dnsFamilies: readonly Family[] = [
  counter(
    "dotls_dns_requests_total",
    "Queries received, by transport, address family (1: IPv4, 2: IPv6) and type.",
    ["proto", "family", "type"],
    ({ tally }) => requests(tally),
  ),
  counter(
    "dotls_dns_responses_total",
    "Answers sent, by response code and where they came from. failclosed: SERVFAIL because no upstream answered.",
    ["rcode", "source"],
    ({ tally }) => sources.flatMap(([name, source]) => responses(tally, name, source)),
  ),
  histogram(
    "dotls_dns_request_duration_seconds",
    "Time from receiving a query to sending its answer, by where the answer came from.",
    ["source"],
    ({ tally }) =>
      sources.map(([name, source]) => {
        const { counts, sum } = tally.durations(source);
        return { labels: [name], bounds: SECONDS, counts, sum: sum / 1000 };
      }),
  ),
  histogram("dotls_dns_request_size_bytes", "Size of queries.", [], ({ tally }) => [
    { labels: [], bounds: SIZE_BOUNDS, ...tally.querySizes },
  ]),
  histogram("dotls_dns_response_size_bytes", "Size of answers.", [], ({ tally }) => [
    { labels: [], bounds: SIZE_BOUNDS, ...tally.replySizes },
  ]),
  gauge(
    "dotls_dns_inflight",
    "Queries received that have neither an answer nor been dropped yet.",
    [],
    (sample) => one(sample.tally.inFlight),
  ),
  counter(
    "dotls_dns_dropped_total",
    "Queries that got no answer: not_a_query are no DNS queries at all, error_limit those beyond the limit of errors to one network.",
    ["reason"],
    ({ tally }) => drops.map(([name, reason]) => [[name], tally.dropped(reason)]),
  ),
  counter("dotls_dns_truncated_total", "Answers that were sent with TC=1.", [], ({ tally }) =>
    one(tally.truncated),
  ),
  gauge("dotls_dns_tcp_connections", "TCP connections of clients.", ["thread"], ({ threads }) =>
    threads.map(({ clients }, thread) => [[String(thread)], clients]),
  ),
  counter(
    "dotls_dns_unsent_total",
    "Answers that the system did not take over UDP; known where datagrams go in batches.",
    ["thread"],
    ({ threads }) => threads.map(({ unsent }, thread) => [[String(thread)], unsent]),
  ),
];

/** Only what occurred: five hundred combinations are possible. */
function requests(tally: Tally): Series[] {
  const series: Series[] = [];
  protocols.forEach((protocol, transport) => {
    families.forEach((family, number) => {
      QUESTION_TYPES.forEach((type, kind) => {
        const count = tally.requests(transport, number, kind);
        if (count > 0) series.push([[protocol, family, type], count]);
      });
    });
  });
  return series;
}

/** By code; what has no name of its own is one, so that no server can make up labels. */
function responses(tally: Tally, name: string, source: number): Series[] {
  const byName = new Map<string, number>();
  // There from the beginning, so that rates over them are.
  for (const rcode of ["NOERROR", "NXDOMAIN", "SERVFAIL"]) byName.set(rcode, 0);
  for (let rcode = 0; rcode <= COMMON_RCODES; rcode++) {
    const count = tally.replies(source, rcode);
    if (count === 0) continue;
    const known = rcodeName(rcode);
    const label = rcode === COMMON_RCODES || /\d/.test(known) ? "other" : known;
    byName.set(label, (byName.get(label) ?? 0) + count);
  }
  return [...byName].map(([rcode, count]) => [[rcode, name], count]);
}
