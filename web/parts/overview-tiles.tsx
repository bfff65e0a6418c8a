import type { VNode } from "preact";
import type { CountersSnapshot } from "../../src/observe/counters.ts";
import type { TrendStretch } from "../../src/observe/trend-view.ts";
import { count, milliseconds, rate, share } from "../text/numbers.ts";
import { Tile } from "./tile.tsx";

interface OverviewTilesProps {
  readonly queries: CountersSnapshot;
  /** The last minute. */
  readonly now: TrendStretch | null;
}

/** The numbers that a person looks for first. */
export function OverviewTiles({ queries, now }: OverviewTilesProps): VNode {
  const { forwarded, clear } = queries;
  const answered = now === null ? 0 : now.upstream + now.cache + now.stale + now.local + now.failed;
  const fromMemory = now === null ? 0 : now.cache + now.stale;
  const failed = now?.failed ?? 0;
  return (
    <dl class="tiles">
      <Tile
        label="Encrypted"
        value={share(forwarded - clear, forwarded)}
        tone={forwarded === 0 ? undefined : clear === 0 ? "good" : "bad"}
      >
        {clear === 0
          ? `${count(forwarded)} answers over TLS`
          : `${count(clear)} of ${count(forwarded)} in the clear`}
      </Tile>
      <Tile
        label="Queries a second"
        value={now === null || now.seconds === 0 ? "–" : rate(now.received / now.seconds)}
      >
        {count(queries.received)} since the start
      </Tile>
      <Tile label="Time to the answer" value={milliseconds(now?.p50 ?? null)}>
        p95 {milliseconds(now?.p95 ?? null)} · p99 {milliseconds(now?.p99 ?? null)}
      </Tile>
      <Tile label="From the cache" value={share(fromMemory, answered)}>
        {count(queries.cached + queries.stale)} since the start
      </Tile>
      <Tile label="Failed" value={share(failed, answered)} tone={failed > 0 ? "bad" : undefined}>
        {count(queries.failed)} since the start, {count(queries.dropped)} dropped
      </Tile>
    </dl>
  );
}
