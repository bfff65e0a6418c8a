import type { VNode } from "preact";
import type { InsightCount, Insights as View } from "../../src/observe/insights.ts";
import { usePoll } from "../hooks/use-poll.ts";
import { BarTable } from "../parts/bar-table.tsx";
import { SlowQueries } from "../parts/slow-queries.tsx";
import { Waste } from "../parts/waste.tsx";
import { linkTo } from "../route.ts";
import { count } from "../text/numbers.ts";
import { PRIVACY_WORDS } from "../text/privacy-words.ts";
import { moment } from "../text/times.ts";

/** What stands out in the queries that the history holds. */
export function Insights(): VNode {
  const { data, error } = usePoll<View>("/v1/insights", 5000);
  if (data === null) return <p class="muted">{error?.kind === "refused" ? error.message : "Loading…"}</p>;
  const hidden = PRIVACY_WORDS[data.privacy];
  const list = (
    title: string,
    counts: readonly InsightCount[],
    parameters: (key: string) => Record<string, string>,
  ): VNode => (
    <BarTable
      title={title}
      rows={counts.map(({ key, count: value }) => ({
        label: key,
        value,
        href: linkTo("queries", parameters(key)),
      }))}
      whole={data.queries}
      empty="None."
    />
  );
  return (
    <>
      <div class="title">
        <h1>Insights</h1>
        <p class="muted">
          {data.since === null
            ? "No query is kept."
            : `From ${count(data.queries)} queries since ${moment(data.since)}`}
        </p>
      </div>
      {hidden !== null && <p class="card">{hidden}</p>}
      {data.privacy !== "counters-only" && (
        <>
          <div class="columns three">
            {list("Names", data.names, (name) => ({ name }))}
            {data.clients !== null && list("Clients", data.clients, (client) => ({ client }))}
            {list("Types", data.types, (type) => ({ type }))}
            {list("Names that do not exist", data.nxdomain, (name) => ({ name, rcode: "NXDOMAIN" }))}
            {list("Names that failed", data.servfail, (name) => ({ name, rcode: "SERVFAIL" }))}
            {data.unanswered.length > 0 &&
              list("Names without an answer", data.unanswered, (name) => ({ name, rcode: "none" }))}
            <Waste waste={data.searchWaste} queries={data.queries} />
          </div>
          <SlowQueries queries={data.slowest} />
        </>
      )}
    </>
  );
}
