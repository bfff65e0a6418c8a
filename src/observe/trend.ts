import type { CountersSnapshot } from "./counters.ts";
import {
  columnsOf,
  type Look,
  rowOf,
  serversOf,
  stretchOf,
  type TrendServer,
  type TrendView,
} from "./trend-view.ts";

/** How often it looks, in ms. */
const LOOK = 2000;

/** Five minutes of these are kept. */
const NEAR = 150;

/** Half-minutes, a day of them. */
const FAR_STEP = 30_000;
const FAR = 2880;

/** So many looks are "now". */
const NOW = 30;

/** How far back a view goes. */
export const TREND_SPANS = ["5m", "1h", "24h"] as const;

export type TrendSpan = (typeof TREND_SPANS)[number];

export interface TrendSources {
  readonly counters: () => CountersSnapshot;
  readonly servers: () => readonly TrendServer[];
  /** Wall clock, ms. */
  readonly now?: () => number;
}

/**
 * How the counters moved over the last day: it looks at them every two seconds, and what happened between two looks is their
 * difference. The packet path does not know of it.
 */
export class Trend {
  #sources: TrendSources;
  #near: Look[] = [];
  #far: Look[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: TrendSources) {
    this.#sources = sources;
  }

  /** Looks once now, and from now on every two seconds. */
  start(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK);
    this.#timer.unref();
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at the counters. */
  look(): void {
    const { counters, servers, now = Date.now } = this.#sources;
    const at = now();
    const look = { at, row: rowOf(counters()), servers: servers().map(smaller) };
    keep(this.#near, look, NEAR);
    const last = this.#far.at(-1);
    // A clock that was set back must not hold up the far view until it has caught up.
    if (last === undefined || at < last.at || at - last.at > FAR_STEP - LOOK / 2) keep(this.#far, look, FAR);
  }

  /** The course of things over this time. */
  view(span: TrendSpan): TrendView {
    const looks = span === "5m" ? this.#near : span === "1h" ? this.#far.slice(-121) : this.#far;
    const first = this.#near.at(-1 - NOW) ?? this.#near[0];
    const last = this.#near.at(-1);
    return {
      step: (span === "5m" ? LOOK : FAR_STEP) / 1000,
      now: first === undefined || last === undefined || first === last ? null : stretchOf(first, last),
      at: looks.slice(1).map(({ at }) => at / 1000),
      columns: columnsOf(looks.slice(1).map((look, before) => stretchOf(looks[before]!, look))),
      servers: serversOf(looks),
    };
  }
}

function keep(looks: Look[], look: Look, stretches: number): void {
  looks.push(look);
  if (looks.length > stretches + 1) looks.shift();
}

/** Of the status of a server, only what is needed is kept. */
function smaller({ label, address, port, answers, failures, roundTripMs }: TrendServer): TrendServer {
  return { label, address, port, answers, failures, roundTripMs };
}
