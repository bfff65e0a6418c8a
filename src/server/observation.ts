import { createHash } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { ObserveSources } from "../control/observe-routes.ts";
import type { Status } from "../control/status.ts";
import type { MetricsSample, UpstreamSample } from "../observe/metrics/sample.ts";
import type { Tally } from "../observe/tally.ts";
import { UpstreamTally } from "../upstream/upstream-tally.ts";
import { silentDoor } from "./alive.ts";
import { mergedReport } from "./merged-upstreams.ts";
import { bound } from "./own-doors.ts";
import { type UpstreamReport, detailOfReport } from "./upstream-report.ts";
import type { Workforce } from "./workforce.ts";

/** The configuration that a server goes by. */
export interface Running {
  readonly config: Config;
  /** For every option where its value comes from. */
  readonly origins: ReadonlyMap<string, string>;
  readonly since: Date;
  /** Whether the last one that it was given could be taken over. */
  readonly lastReloadOk: boolean;
}

/** A running server, as far as those who watch it need to know. */
export interface Observed {
  readonly running: () => Running;
  readonly workforce: Workforce;
  readonly tally: () => Tally;
  readonly status: () => Status;
  readonly startedAt: Date;
  /** Why it should get no queries any more, in words; null: it should. */
  readonly ready: () => string | null;
}

/** A label for the resolvers of the bypass: those are the network's, which may be any. */
const BYPASS = "bypass";

/** What those who watch a server can ask, out of the server's parts. */
export function observation(observed: Observed): ObserveSources {
  const { running, workforce, status, ready } = observed;
  return {
    upstreams: async () => {
      await workforce.refresh();
      return workforce.upstreams.map(detailOfReport);
    },
    config: async () => {
      // The writer of YAML and the schema come with it: only who asks needs them.
      const { effectiveOptions } = await import("../config/print.ts");
      const { config, origins, since } = running();
      const options = effectiveOptions(config, origins);
      return { file: status().config, hash: hashOf(config), loadedAt: since.toISOString(), options };
    },
    metrics: async () => {
      await workforce.refresh();
      return sample(observed);
    },
    alive: async () => {
      const { config } = running();
      // Where doors are shared, another process may get the question, and its silence would be taken for ours.
      const doors = config.shareListeners ? [] : bound(config, workforce.urls);
      const [answered, silent] = await Promise.all([
        workforce.refresh(),
        silentDoor(doors, config.localNames.localhost),
      ]);
      if (!answered) return "a worker does not answer";
      return silent === null ? null : `no answer at ${silent}`;
    },
    ready,
    explain: (name, type, client) => workforce.explain(name, type, client),
    test: async (label) => {
      const known = workforce.upstreams.some((upstream) => upstream.label === label);
      return known ? workforce.test(label) : null;
    },
  };
}

/** Tells configurations apart, and nothing of what is in them. */
function hashOf(config: Config): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex").slice(0, 16);
}

function sample({ running, workforce, tally, status, startedAt }: Observed): MetricsSample {
  const { version, cache, history, dnstap, bypass } = status();
  const { config, since, lastReloadOk } = running();
  return {
    version,
    startedAt: startedAt.getTime() / 1000,
    config: { hash: hashOf(config), loadedAt: since.getTime() / 1000, lastReloadOk },
    tally: tally(),
    upstreams: upstreamSamples(workforce.upstreams),
    cache: cache && { ...cache, positives: cache.entries - cache.negatives },
    history: {
      kept: history.kept,
      written: history.file?.written ?? 0,
      lost: history.file?.lost ?? 0,
    },
    dnstap: dnstap === undefined ? null : { sent: dnstap.sent, dropped: dnstap.dropped },
    bypassOpen: (bypass?.open ?? null) !== null,
    threads: workforce.loads.map(({ lagMs, clients, unsent }) => ({ lag: lagMs / 1000, clients, unsent })),
  };
}

/** One for each label: a server that stands in two routes is one to who looks at metrics. */
function upstreamSamples(reports: readonly UpstreamReport[]): UpstreamSample[] {
  const byLabel = new Map<string, UpstreamReport[]>();
  for (const report of reports) {
    const label = report.temporary ? BYPASS : report.label;
    byLabel.set(label, [...(byLabel.get(label) ?? []), report]);
  }
  return [...byLabel].map(([label, same]) => {
    const { state, inFlight, mismatched, links, numbers, certificate } = mergedReport(same);
    const ends = certificate === null ? Number.NaN : Date.parse(certificate.validTo) / 1000;
    return {
      label,
      up: state !== "down",
      inFlight,
      mismatched,
      links: { ...links },
      tally: new UpstreamTally(numbers),
      certificateEnds: Number.isNaN(ends) ? null : ends,
    };
  });
}
