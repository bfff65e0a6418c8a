import type { UpstreamStatus } from "../control/status.ts";
import type { LinkStates } from "../upstream/links.ts";
import type { UpstreamReport } from "./upstream-report.ts";

/** From the one that says most of a server to the one that says least. */
const STATES: readonly UpstreamStatus["state"][] = ["up", "connecting", "down", "idle"];

/**
 * How the servers are, from how each worker sees its connections to them: counts are added up. A server is up when it is
 * for one of them, and down when nobody has better to say; the error is the newest, the times are the mean of those that
 * have one. Every worker has the same servers in the same order, but for moments: one that has just come may not yet have
 * those of the bypass, and a new configuration comes to one after the other. `retired`: what was counted by workers that
 * are gone.
 */
export function mergedUpstreams(
  seen: readonly (readonly UpstreamReport[])[],
  retired: readonly UpstreamReport[] = [],
): UpstreamReport[] {
  const most = seen.reduce((a, b) => (b.length > a.length ? b : a), []);
  const known = [...seen, retired].map(numbered);
  return [...numbered(most.length === 0 ? retired : most).keys()].map((key) =>
    mergedReport(known.flatMap((one) => one.get(key) ?? [])),
  );
}

/** By what people call it; one that is there twice, in a route say, by its number as well. */
function numbered(all: readonly UpstreamReport[]): Map<string, UpstreamReport> {
  const found = new Map<string, UpstreamReport>();
  for (const one of all) {
    let number = 0;
    while (found.has(`${number} ${one.label}`)) number++;
    found.set(`${number} ${one.label}`, one);
  }
  return found;
}

/** What is left of how a worker saw its servers when it is gone: the counts. */
export function retiredUpstreams(seen: readonly UpstreamReport[]): UpstreamReport[] {
  return seen.map((one) => ({
    ...one,
    state: "idle",
    lastError: null,
    inFlight: 0,
    handshakeMs: null,
    roundTripMs: null,
    links: { connecting: 0, open: 0, suspected: 0, parting: 0 },
    latency: new Float64Array(one.latency.length),
  }));
}

/** What several say of one server, or of servers that share a label, as one. */
export function mergedReport(all: readonly UpstreamReport[]): UpstreamReport {
  const sum = (value: (one: UpstreamReport) => number): number =>
    all.reduce((total, one) => total + value(one), 0);
  const mean = (value: (one: UpstreamReport) => number | null): number | null => {
    const known = all.map(value).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((total, one) => total + one, 0) / known.length;
  };
  const state = STATES.find((wanted) => all.some((one) => one.state === wanted))!;
  const errors = all.flatMap(({ lastError }) => lastError ?? []);
  const newest = errors.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
  return {
    ...all[0]!,
    ...weakestProof(all),
    designated: all.find(({ designated }) => designated !== null)?.designated ?? null,
    state,
    lastError: newest ?? null,
    connections: sum((one) => one.connections),
    handshakes: sum((one) => one.handshakes),
    resumed: sum((one) => one.resumed),
    queries: sum((one) => one.queries),
    answers: sum((one) => one.answers),
    failures: sum((one) => one.failures),
    mismatched: sum((one) => one.mismatched),
    inFlight: sum((one) => one.inFlight),
    handshakeMs: mean((one) => one.handshakeMs),
    roundTripMs: mean((one) => one.roundTripMs),
    links: {
      connecting: sum((one) => one.links.connecting),
      open: sum((one) => one.links.open),
      suspected: sum((one) => one.links.suspected),
      parting: sum((one) => one.links.parting),
    } satisfies LinkStates,
    tls: all.find(({ tls }) => tls !== null)?.tls ?? null,
    certificate: all.find(({ certificate }) => certificate !== null)?.certificate ?? null,
    numbers: added(all.map(({ numbers }) => numbers)),
    latency: added(all.map(({ latency }) => latency)),
  };
}

function added(rows: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(rows[0]!.length);
  for (const row of rows) row.forEach((value, at) => (sum[at]! += value));
  return sum;
}

/** How a server was authenticated is told by the worker to which it proved least: the others must not hide that. */
function weakestProof(all: readonly UpstreamReport[]): Pick<UpstreamStatus, "authenticated" | "weakness"> {
  const proven = all.filter(({ authenticated }) => authenticated !== null);
  const { authenticated, weakness } = proven.find((one) => one.weakness !== null) ?? proven[0] ?? all[0]!;
  return { authenticated, weakness };
}
