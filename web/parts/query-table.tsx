import type { VNode } from "preact";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import type { HoldEvents } from "../hooks/use-hold.ts";
import type { Row } from "../hooks/use-live.ts";
import { milliseconds } from "../text/numbers.ts";
import { placeOf } from "../text/query-text.ts";
import { clock } from "../text/times.ts";
import { toneOf } from "../text/tones.ts";

interface QueryTableProps {
  readonly rows: readonly Row[];
  readonly open: (entry: HistoryEntry) => void;
  readonly events: HoldEvents;
}

/** Queries, one a row; the name opens the rest of it. */
export function QueryTable({ rows, open, events }: QueryTableProps): VNode {
  return (
    <div class="scroll card flat" tabIndex={0} role="region" aria-label="Queries, newest first" {...events}>
      <table class="queries">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Result</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col">From</th>
            <th scope="col">Client</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ number, entry }) => (
            <tr key={number}>
              <td class="muted">
                {clock(entry.time)}
                <span class="fraction">.{entry.time.slice(20, 23)}</span>
              </td>
              <th scope="row">
                <button type="button" class="plain" onClick={() => open(entry)}>
                  {entry.name ?? "(not kept or not readable)"}
                </button>
              </th>
              <td>{entry.type}</td>
              <td class={`${toneOf(entry.rcode)}-text`}>{entry.rcode ?? "no answer"}</td>
              <td class="number">{milliseconds(entry.ms)}</td>
              <td>{entry.server ?? placeOf(entry.source)}</td>
              <td class="muted">{entry.client}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
