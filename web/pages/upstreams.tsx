import type { VNode } from "preact";
import type { Status, UpstreamDetail } from "../../src/control/status.ts";
import type { TrendView } from "../../src/observe/trend-view.ts";
import { usePoll } from "../hooks/use-poll.ts";
import { UpstreamCard } from "../parts/upstream-card.tsx";

/** The servers out there. */
export function Upstreams({ status }: { readonly status: Status }): VNode {
  const { data, error } = usePoll<readonly UpstreamDetail[]>("/v1/upstreams", 2000);
  const { data: trend } = usePoll<TrendView>("/v1/trend?span=5m", 2000);
  const down = (data ?? []).filter(({ state }) => state === "down").length;
  return (
    <>
      <div class="title">
        <h1>Upstreams</h1>
        <p class="muted" role="status">
          {data !== null && (down === 0 ? `${data.length}, none is down` : `${down} of ${data.length} down`)}
        </p>
      </div>
      {error?.kind === "refused" && <p role="alert">{error.message}</p>}
      <div class="columns">
        {(data ?? []).map((upstream, at) => (
          <UpstreamCard
            key={`${at} ${upstream.label}`}
            upstream={upstream}
            course={trend?.servers[at]?.label === upstream.label ? trend.servers[at] : undefined}
            at={trend?.at ?? []}
            now={Date.parse(status.startedAt) + status.uptime * 1000}
          />
        ))}
      </div>
    </>
  );
}
