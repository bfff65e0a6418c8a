import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Status } from "../../src/control/status.ts";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { useHold } from "../hooks/use-hold.ts";
import { type Row, useLive } from "../hooks/use-live.ts";
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
  const { held, events } = useHold(search);
  // A link out of the detail leads to other queries.
  useEffect(() => setShown(null), [search]);
  const { rows: live, lost, error } = useLive(search, paused);
  const drawn = useRef<{ readonly search: string; readonly rows: readonly Row[] }>({ search, rows: [] });
  if (!held || drawn.current.search !== search) drawn.current = { search, rows: live };
  const { rows } = drawn.current;
  const going = paused ? ", stopped" : held ? ", held while you are there" : ", going on";
  return (
    <>
      <div class="title">
        <h1>Queries</h1>
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? "▶ Go on" : "❚❚ Pause"}
        </button>
      </div>
      <QueryFilters key={search} parameters={parameters} />
      {error !== null && (
        <p role="alert" class="banner warn">
          {error}
        </p>
      )}
      <p class="muted">
        {rows.length > 0
          ? `The newest ${count(rows.length)}${going}${lost > 0 ? `; ${count(lost)} came too fast to be shown` : ""}.`
          : error === null && "No query yet that matches."}
      </p>
      {rows.length > 0 && <QueryTable rows={rows} open={setShown} events={events} />}
      {shown !== null && (
        <QueryDetail entry={shown} listeners={status.listeners} close={() => setShown(null)} />
      )}
    </>
  );
}
