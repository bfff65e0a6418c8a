import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { clock } from "../text/times.ts";

/** One line of a chart. */
interface Line {
  readonly label: string;
  /** A color of the style, without the dashes before it. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** The times of the points, in seconds since 1970. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly height?: number;
  /** Without axes, title and legend: for a place in a list. */
  readonly small?: boolean;
}

/**
 * Lines over time. What they show is also there as text: the values at the pointer, or the last ones, and all of them as a
 * table for those who cannot see lines.
 */
export function Chart({ title, at, lines, format, height = 180, small = false }: ChartProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const shape = lines.map(({ label, color }) => `${label} ${color}`).join();
  useEffect(() => {
    const parent = place.current!;
    const made = new uPlot(
      {
        width: parent.clientWidth,
        height,
        legend: { show: false },
        padding: small ? [2, 0, 2, 0] : [8, 16, 0, 0],
        cursor: { show: !small, y: false, points: { size: 6 }, drag: { x: false, y: false } },
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
        axes: small ? [{ show: false }, { show: false }] : [timeAxis(parent), valueAxis(parent, format)],
        series: [{}, ...lines.map((line) => series(parent, line, small))],
        hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)] },
      },
      [[], ...lines.map(() => [])],
      parent,
    );
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [shape, height, small]);
  useEffect(() => {
    chart.current?.setData([[...at], ...lines.map(({ values }) => [...values])]);
  });
  const index = pointed !== null && pointed < at.length ? pointed : at.length - 1;
  const text = (line: Line, n: number): string => {
    const value = line.values[n] ?? null;
    return value === null ? "–" : format(value);
  };
  const summary = lines.map((line) => `${line.label} ${text(line, at.length - 1)}`).join(", ");
  const canvas = (
    <div
      ref={place}
      class="canvas"
      role="img"
      aria-label={`${title}: ${at.length === 0 ? "nothing yet" : summary}`}
    />
  );
  if (small) return canvas;
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {lines.map((line) => (
            <li key={line.label}>
              <i class={`swatch ${line.color}`} />
              {line.label} <b>{text(line, index)}</b>
            </li>
          ))}
          <li class="muted">{pointed !== null && at[index] !== undefined && clock(isoOf(at[index]))}</li>
        </ul>
      </figcaption>
      {canvas}
      <details>
        <summary>As a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {lines.map(({ label }) => (
                  <th key={label} scope="col" class="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rowsOf(at.length).map((n) => (
                <tr key={n}>
                  <th scope="row">{clock(isoOf(at[n]!))}</th>
                  {lines.map((line) => (
                    <td key={line.label} class="number">
                      {text(line, n)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

/** The points that stand in the table: the newest twelve. */
function rowsOf(length: number): number[] {
  return Array.from({ length: Math.min(12, length) }, (_, n) => length - 1 - n);
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** A canvas knows no variables of a style, so the color is asked of an element that has it. */
function colorOf(parent: Element, name: string): string {
  const probe = document.createElement("i");
  probe.className = name;
  parent.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function series(parent: Element, { label, color }: Line, small: boolean): uPlot.Series {
  const stroke = colorOf(parent, color);
  return {
    label,
    stroke,
    width: 1.5,
    points: { show: false },
    ...(small && { fill: stroke.replaceAll(",", "").replace(")", " / 15%)") }),
  };
}

function timeAxis(parent: Element): uPlot.Axis {
  return {
    stroke: colorOf(parent, "muted"),
    grid: { show: false },
    ticks: { stroke: colorOf(parent, "line"), width: 1, size: 4 },
    size: 28,
    font: "11px system-ui",
    space: 80,
    values: (_, splits, __, ___, step) => splits.map((at) => clock(isoOf(at)).slice(0, step < 60 ? 8 : 5)),
  };
}

function valueAxis(parent: Element, format: (value: number) => string): uPlot.Axis {
  return {
    stroke: colorOf(parent, "muted"),
    grid: { stroke: colorOf(parent, "line"), width: 1 },
    ticks: { show: false },
    size: 58,
    font: "11px system-ui",
    space: 36,
    values: (_, splits) => splits.map((value) => (value === 0 ? "0" : format(value).replace(/\.0\b/, ""))),
  };
}
