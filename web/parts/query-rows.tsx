import type { ComponentChildren, VNode } from "preact";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { milliseconds } from "../text/numbers.ts";
import { placeOf } from "../text/query-text.ts";
import { clock } from "../text/times.ts";
import { toneOf } from "../text/tones.ts";

/** What a row tells of a query. */
type Told = Pick<HistoryEntry, "time" | "type" | "rcode" | "ms" | "server" | "source"> &
  Partial<Pick<HistoryEntry, "client">>;

interface QueryRowsProps<T extends Told> {
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
  /** The name, as what leads on. */
  readonly name: (row: T) => ComponentChildren;
  /** Whether the clients are shown. */
  readonly clients?: boolean;
}

/** Queries, one a row. */
export function QueryRows<T extends Told>({ rows, keyOf, name, clients }: QueryRowsProps<T>): VNode {
  return (
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
          {clients && <th scope="col">Client</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            <td class="muted">
              {clock(row.time)}
              <span class="fraction">.{row.time.slice(20, 23)}</span>
            </td>
            <th scope="row">{name(row)}</th>
            <td>{row.type}</td>
            <td class={`${toneOf(row.rcode)}-text`}>{row.rcode ?? "no answer"}</td>
            <td class="number">{milliseconds(row.ms)}</td>
            <td>{row.server ?? placeOf(row.source)}</td>
            {clients && <td class="muted">{row.client}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
