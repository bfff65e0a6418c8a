import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Status } from "../../src/control/status.ts";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { useLive } from "../hooks/use-live.ts";
import { QueryDetail } from "../parts/query-detail.tsx";
import { QueryFilters } from "../parts/query-filters.tsx";
import { QueryTable } from "../parts/query-table.tsx";
import { count } from "../text/numbers.ts";

interface QueriesProps {
  readonly status: Status;
  readonly parameters: Readonly<Record<string, string>>;
}

/** So many of the past are shown at first. */
const PAST = "200";

/** Queries as they come, and those of before that match. */
export function Queries({ status, parameters }: QueriesProps): VNode {
  const [paused, setPaused] = useState(false);
  const [shown, setShown] = useState<HistoryEntry | null>(null);
  const search = new URLSearchParams({ ...parameters, limit: PAST }).toString();
  const { rows, lost, error } = useLive(search, paused);
  return (
    <>
      <div class="title">
        <h1>Queries</h1>
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? "▶ Go on" : "❚❚ Pause"}
        </button>
      </div>
      <QueryFilters key={search} parameters={parameters} />
      <p class="muted" role="status">
        {error !== null
          ? ""
          : rows.length === 0
            ? "No query yet that matches."
            : `The newest ${count(rows.length)}${paused ? ", stopped" : ", going on"}${lost > 0 ? `; ${count(lost)} came too fast to be shown` : ""}.`}
      </p>
      {error !== null && (
        <p role="alert" class="banner warn">
          {error}
        </p>
      )}
      {rows.length > 0 && <QueryTable rows={rows} open={setShown} />}
      {shown !== null && (
        <QueryDetail entry={shown} listeners={status.listeners} close={() => setShown(null)} />
      )}
    </>
  );
}
