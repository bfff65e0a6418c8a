import { setImmediate as nextTurn } from "node:timers/promises";
import type { HistoryEntry } from "./history-entry.ts";
import type { Privacy } from "./history-privacy.ts";
import type { HistoryRing } from "./history-ring.ts";
import { searchWaste, type SearchWaste } from "./search-waste.ts";

/** How many of the newest queries are looked at: some 50 ms of work. */
const MOST = 20_000;

/** Entries that are decoded in one turn of the event loop: half a millisecond, which queries do not notice. */
const BATCH = 256;

/** How long a list is. */
const TOP = 10;

/** What stands out in the queries that are kept, as `GET /v1/insights` tells it. A stable contract. */
export interface Insights {
  /** What the history may keep: what is missing below is missing because of it. */
  readonly privacy: Privacy;
  /** How many queries this is about, and when the first of them was received (ISO 8601); null: there is none. */
  readonly queries: number;
  readonly since: string | null;
  /** The most frequent first, names in small letters. */
  readonly names: readonly InsightCount[];
  /** Null when the history does not keep them. */
  readonly clients: readonly InsightCount[] | null;
  readonly types: readonly InsightCount[];
  /** Names that do not exist, that failed, and that no answer was given to. */
  readonly nxdomain: readonly InsightCount[];
  readonly servfail: readonly InsightCount[];
  readonly unanswered: readonly InsightCount[];
  /** Those that took the longest. */
  readonly slowest: readonly SlowQuery[];
  readonly searchWaste: SearchWaste;
}

export interface InsightCount {
  readonly key: string;
  readonly count: number;
}

export interface SlowQuery {
  readonly time: string;
  readonly name: string;
  readonly type: string;
  readonly ms: number;
  /** The label of the upstream; null: dotls itself, or the cache. */
  readonly server: string | null;
  readonly source: HistoryEntry["source"];
  readonly rcode: string | null;
}

/** Looks through the newest queries of a history. It takes its time, in pieces, so that the packet path does not wait. */
export async function insightsOf(ring: HistoryRing, privacy: Privacy): Promise<Insights> {
  const end = ring.recorded;
  const findings = new Findings();
  for (let at = Math.max(ring.oldest, end - MOST), done = 0; at < end; at++) {
    const entry = ring.entry(at);
    if (entry !== undefined) findings.add(entry);
    if (++done % BATCH === 0) await nextTurn();
  }
  return findings.result(privacy);
}

class Findings {
  #queries = 0;
  #since: string | null = null;
  #names = new Map<string, number>();
  #clients = new Map<string, number>();
  #types = new Map<string, number>();
  #nxdomain = new Map<string, number>();
  #servfail = new Map<string, number>();
  #unanswered = new Map<string, number>();
  #slowest: SlowQuery[] = [];

  add({ time, name, type, client, rcode, ms, server, source }: HistoryEntry): void {
    this.#queries++;
    this.#since ??= time;
    if (client !== null) countIn(this.#clients, client);
    if (name === null || type === null) return;
    const folded = name.toLowerCase();
    countIn(this.#names, folded);
    countIn(this.#types, type);
    if (rcode === "NXDOMAIN") countIn(this.#nxdomain, folded);
    else if (rcode === "SERVFAIL") countIn(this.#servfail, folded);
    else if (rcode === null) countIn(this.#unanswered, folded);
    const least = this.#slowest.at(-1)?.ms ?? 0;
    if (this.#slowest.length < TOP || ms > least) {
      this.#slowest.push({ time, name, type, ms, server, source, rcode });
      this.#slowest.sort((a, b) => b.ms - a.ms);
      this.#slowest.length = Math.min(this.#slowest.length, TOP);
    }
  }

  result(privacy: Privacy): Insights {
    const hidden = privacy === "hide-clients" || privacy === "counters-only";
    return {
      privacy,
      queries: this.#queries,
      since: this.#since,
      names: top(this.#names),
      clients: hidden ? null : top(this.#clients),
      types: top(this.#types),
      nxdomain: top(this.#nxdomain),
      servfail: top(this.#servfail),
      unanswered: top(this.#unanswered),
      slowest: this.#slowest,
      searchWaste: searchWaste(this.#names, this.#nxdomain),
    };
  }
}

function countIn(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function top(counts: ReadonlyMap<string, number>): InsightCount[] {
  return [...counts]
    .map(([key, count]) => ({ key, count }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
    .slice(0, TOP);
}
