import type { VNode } from "preact";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import type { HoldEvents } from "../hooks/use-hold.ts";
import type { Row } from "../hooks/use-live.ts";
import { QueryRows } from "./query-rows.tsx";

interface QueryTableProps {
  readonly rows: readonly Row[];
  readonly open: (entry: HistoryEntry) => void;
  readonly events: HoldEvents;
}

/** Queries, one a row; the name opens the rest of it. */
export function QueryTable({ rows, open, events }: QueryTableProps): VNode {
  return (
    <div class="scroll card flat" tabIndex={0} role="region" aria-label="Queries, newest first" {...events}>
      <QueryRows
        clients
        rows={rows.map(({ number, entry }) => ({ ...entry, number }))}
        keyOf={({ number }) => number}
        name={(entry) => (
          <button type="button" class="plain" onClick={() => open(entry)}>
            {entry.name ?? "(not kept or not readable)"}
          </button>
        )}
      />
    </div>
  );
}
