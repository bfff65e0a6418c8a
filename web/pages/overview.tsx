import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Status, UpstreamDetail } from "../../src/control/status.ts";
import type { TrendSpan } from "../../src/observe/trend.ts";
import type { TrendView } from "../../src/observe/trend-view.ts";
import { usePoll } from "../hooks/use-poll.ts";
import { AboutServer } from "../parts/about-server.tsx";
import { BarTable } from "../parts/bar-table.tsx";
import { Chart } from "../parts/chart.tsx";
import { Choice } from "../parts/choice.tsx";
import { OverviewTiles } from "../parts/overview-tiles.tsx";
import { linkTo } from "../route.ts";
import { milliseconds, rate } from "../text/numbers.ts";
import { SOURCES, sourceCounts } from "../text/sources.ts";

const SPANS: Readonly<Record<TrendSpan, string>> = { "5m": "5 min", "1h": "1 h", "24h": "24 h" };

/** How often what is far back is read again, in ms. */
const PAUSE: Readonly<Record<TrendSpan, number>> = { "5m": 2000, "1h": 10_000, "24h": 30_000 };

/** How the server does as a whole. */
export function Overview({ status }: { readonly status: Status }): VNode {
  const [span, setSpan] = useState<TrendSpan>("5m");
  const { data: trend } = usePoll<TrendView>(`/v1/trend?span=${span}`, PAUSE[span]);
  const { data: upstreams } = usePoll<readonly UpstreamDetail[]>("/v1/upstreams", 2000);
  const { queries } = status;
  const columns = trend?.columns;
  const perSecond = (counts: readonly number[] = []): (number | null)[] =>
    counts.map((one, n) => {
      const seconds = columns?.seconds[n] ?? 0;
      return seconds > 0 ? one / seconds : null;
    });
  const replies = Object.values(queries.replies).reduce((a, b) => a + b, 0);
  return (
    <>
      <div class="title">
        <h1>Overview</h1>
        <Choice label="Time shown" name="span" options={SPANS} value={span} choose={setSpan} />
      </div>
      <OverviewTiles queries={queries} now={trend?.now ?? null} />
      <div class="columns">
        <Chart
          title="Queries a second"
          at={trend?.at ?? []}
          format={rate}
          lines={SOURCES.filter(({ key, always }) => always || columns?.[key].some((one) => one > 0)).map(
            ({ key, label, color }) => ({ label, color, values: perSecond(columns?.[key]) }),
          )}
        />
        <Chart
          title="Time to the answer"
          at={trend?.at ?? []}
          format={milliseconds}
          lines={[
            { label: "half within (p50)", color: "accent", values: columns?.p50 ?? [] },
            { label: "p95", color: "blue", values: columns?.p95 ?? [] },
            { label: "p99", color: "amber", values: columns?.p99 ?? [] },
          ]}
        />
      </div>
      <div class="columns three">
        <BarTable
          title="Where answers come from"
          rows={sourceCounts(queries)}
          whole={replies}
          empty="No answers yet."
        />
        <BarTable
          title="Who answers"
          rows={(upstreams ?? [])
            .filter(({ answers }) => answers > 0)
            .map(({ label, answers, protocol }) => ({
              label,
              value: answers,
              color: protocol === "tls" || protocol === "https" ? "accent" : "red",
            }))}
          whole={(upstreams ?? []).reduce((all, { answers }) => all + answers, 0)}
          empty="No upstream has answered yet."
        />
        <BarTable
          title="Results"
          rows={Object.entries(queries.replies).map(([label, value]) => ({
            label,
            value,
            color: label === "NOERROR" ? "accent" : label === "NXDOMAIN" ? "slate" : "red",
            href: linkTo("queries", { rcode: label }),
          }))}
          whole={replies}
          empty="No answers yet."
        />
      </div>
      <div class="columns">
        <BarTable
          title="Errors, in words"
          rows={Object.entries(queries.errors).map(([label, value]) => ({ label, value, color: "red" }))}
          whole={0}
          empty="None since the start."
        />
        <AboutServer status={status} />
      </div>
    </>
  );
}
