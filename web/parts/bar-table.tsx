import type { VNode } from "preact";
import { count, share } from "../text/numbers.ts";

interface BarRow {
  readonly label: string;
  readonly value: number;
  /** A color of the style; the accent without one. */
  readonly color?: string;
  /** Where a click on it leads. */
  readonly href?: string;
  /** What stands in the place of the count. */
  readonly text?: string;
}

interface BarTableProps {
  readonly title: string;
  readonly rows: readonly BarRow[];
  /** What the shares are of; 0: no shares. */
  readonly whole: number;
  /** What is said when there are no rows. */
  readonly empty: string;
}

/** Counts with their shares, as bars behind the words. */
export function BarTable({ title, rows, whole, empty }: BarTableProps): VNode {
  const most = whole > 0 ? whole : Math.max(...rows.map(({ value }) => value), 1);
  return (
    <section class="card">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="muted">{empty}</p>
      ) : (
        <table class="bars" aria-label={title}>
          <tbody>
            {rows.map(({ label, value, color = "accent", href, text }) => (
              <tr key={label}>
                <th scope="row" title={label}>
                  {href === undefined ? label : <a href={href}>{label}</a>}
                  <i class={`bar ${color}`} style={{ width: `${(value / most) * 100}%` }} />
                </th>
                <td class="number">{text ?? count(value)}</td>
                {whole > 0 && <td class="number muted">{share(value, whole)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
