import type { VNode } from "preact";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { milliseconds } from "../text/numbers.ts";
import { stagesOf } from "../text/stages.ts";

/** Where the time of a query went. */
export function Waterfall({ entry }: { readonly entry: HistoryEntry }): VNode {
  const stages = stagesOf(entry);
  const whole = Math.max(...stages.map(({ start, length }) => start + length), entry.ms) || 1;
  return (
    <table class="waterfall">
      <caption>
        Where the time went: {milliseconds(entry.ms)} <span class="muted">in all</span>
      </caption>
      <tbody>
        {stages.map(({ label, hint, start, length }) => (
          <tr key={label}>
            <th scope="row" title={hint}>
              {label}
            </th>
            <td class="lane">
              <i
                class={label === "answer" ? "blue" : "accent"}
                style={{ marginLeft: `${(start / whole) * 100}%`, width: `${(length / whole) * 100}%` }}
              />
            </td>
            <td class="number">{milliseconds(length)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
