import type { VNode } from "preact";
import type { UpstreamDetail } from "../../src/control/status.ts";
import type { CountersSnapshot } from "../../src/observe/counters.ts";
import type { TrendStretch } from "../../src/observe/trend-view.ts";
import { encryptedAnswers } from "../text/encrypted.ts";
import { count, milliseconds, rate, share } from "../text/numbers.ts";
import { Tile } from "./tile.tsx";

interface OverviewTilesProps {
  readonly queries: CountersSnapshot;
  /** The last minute. */
  readonly now: TrendStretch | null;
  readonly upstreams: readonly UpstreamDetail[] | null;
}

/** The numbers that a person looks for first. */
export function OverviewTiles({ queries, now, upstreams }: OverviewTilesProps): VNode {
  const { encrypted, all } = encryptedAnswers(upstreams ?? []);
  const answered = now === null ? 0 : now.upstream + now.cache + now.stale + now.local + now.failed;
  const fromMemory = now === null ? 0 : now.cache + now.stale;
  const failed = now?.failed ?? 0;
  return (
    <dl class="tiles">
      <Tile
        label="Encrypted"
        value={share(encrypted, all)}
        tone={all === 0 ? undefined : encrypted === all ? "good" : "bad"}
      >
        {all === encrypted
          ? `${count(all)} answers over TLS`
          : `${count(all - encrypted)} of ${count(all)} in the clear`}
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
