import type { Status, UpstreamStatus } from "../control/status.ts";
import type { CountersSnapshot } from "../observe/counters.ts";
import { printable } from "../observe/printable.ts";
import { age } from "./age.ts";
import { formatBypass } from "./bypass-text.ts";

const titles = [
  "UPSTREAM",
  "STATE",
  "RTT",
  "HANDSHAKE",
  "HANDSHAKES",
  "RESUMED",
  "QUERIES",
  "ANSWERS",
  "FAILED",
  "IN FLIGHT",
];

/** A status as text for people. `now` is the wall clock in milliseconds, for how long ago errors were. */
export function formatStatus(status: Status, now: number): string {
  const { listeners, queries } = status;
  const config = status.config === null ? "no configuration file" : status.config;
  return [
    `dotls ${status.version}, process id ${status.pid}, up ${age(status.uptime)}, ${config}`,
    `listening on ${listeners.length === 0 ? "nothing" : listeners.join(" ")}${threads(status)}`,
    ...bypassLines(status, now),
    "",
    ...upstreamLines(status.upstreams, now),
    "",
    `queries   ${queries.received} received (udp ${queries.byTransport.udp}, tcp ${queries.byTransport.tcp}), ${answers(queries)}`,
    `replies   ${counts(queries.replies)}; refused to clients not allowed ${queries.refused}, dropped ${queries.dropped}`,
    ...Object.entries(queries.errors).map(([text, count]) => `error     ${count} times: ${printable(text)}`),
    ...cacheLines(status),
    ...historyLines(status),
    ...dnstapLines(status),
    "",
  ].join("\n");
}

/** One is how it is on most machines; who has more and gets one wants to know why. */
function threads({ workers, workersWhy }: Status): string {
  const why = workersWhy === undefined ? "" : ` (${printable(workersWhy)})`;
  return workers > 1 || why !== "" ? `, ${workers === 1 ? "1 worker" : `${workers} workers`}${why}` : "";
}

/** Nothing while it is closed: that is how it ought to be. */
function bypassLines({ bypass }: Status, now: number): string[] {
  return bypass === undefined || bypass.open === null ? [] : [formatBypass(bypass, now)];
}

function upstreamLines(upstreams: readonly UpstreamStatus[], now: number): string[] {
  if (upstreams.length === 0) return ["no upstreams"];
  const rows = upstreams.map((upstream) => [
    nameOf(upstream),
    upstream.state,
    milliseconds(upstream.roundTripMs),
    milliseconds(upstream.handshakeMs),
    ...[
      upstream.handshakes,
      upstream.resumed,
      upstream.queries,
      upstream.answers,
      upstream.failures,
      upstream.inFlight,
    ].map(String),
  ]);
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return [
    line(titles),
    ...upstreams.flatMap((upstream, i) => [
      line(rows[i]!),
      ...(upstream.weakness === null ? [] : [weakness(upstream.authenticated, upstream.weakness)]),
      ...(upstream.lastError === null ? [] : [lastError(upstream.lastError, now)]),
    ]),
  ];
}

/** The label, the address where the label does not hold it, and the face that a plain resolver has named (`ddr://`). */
function nameOf({ label, address, designated }: UpstreamStatus): string {
  const name = label.includes(address) ? label : `${label} (${address})`;
  if (designated === null) return printable(name);
  const { protocol, address: face, port } = designated;
  return printable(`${name} -> ${protocol} ${face} port ${port}`);
}

function weakness(authenticated: UpstreamStatus["authenticated"], why: string): string {
  const what = authenticated === "none" ? "NOT AUTHENTICATED" : `authenticated by its ${authenticated} alone`;
  return `  ${what}: ${printable(why)}`;
}

function lastError(error: NonNullable<UpstreamStatus["lastError"]>, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(error.at)) / 1000));
  return `  last error ${age(seconds)} ago: ${printable(error.text)} (${error.kind})`;
}

function answers({ forwarded, meanMs }: CountersSnapshot): string {
  const mean = meanMs === null ? "" : `, ${meanMs} ms on average`;
  return `${forwarded} answered by upstreams${mean}`;
}

function counts(replies: Readonly<Record<string, number>>): string {
  const each = Object.entries(replies).map(([rcode, count]) => `${rcode} ${count}`);
  return each.length === 0 ? "none" : each.join(", ");
}

function cacheLines({ cache, queries }: Status): string[] {
  if (cache === null) return [];
  const { entries, negatives, failures, used, size, evicted, file } = cache;
  const { cached, stale, refreshed } = queries;
  return [
    `cache     ${cached + stale} answered from memory, ${stale} of them over their time`,
    `          ${entries} answers (${negatives} negative) and ${failures} failures in ${mebibytes(used)} of ${mebibytes(size)}`,
    `          ${refreshed} fetched anew unasked, ${evicted} had to make room`,
    ...(file === null ? [] : [`          saved to ${printable(file)} when the server stops`]),
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function historyLines({ history }: Status): string[] {
  const kept = `history   ${history.kept} of at most ${history.size} queries in memory`;
  if (history.file === null) return [kept];
  const { path, written, lost, error } = history.file;
  const file = `          ${written} written to ${path}, ${lost} lost`;
  return error === null ? [kept, file] : [kept, file, `          it cannot be written: ${printable(error)}`];
}

function dnstapLines({ dnstap }: Status): string[] {
  if (dnstap === undefined) return [];
  const { to, sent, dropped, connected } = dnstap;
  const readers = connected === 1 ? "1 reader" : `${connected === 0 ? "no" : connected} readers`;
  return [`dnstap    ${sent} messages to ${printable(to)}, ${dropped} dropped, ${readers} connected`];
}

function milliseconds(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(1)} ms`;
}
