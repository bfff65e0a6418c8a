import type { HistoryEntry } from "../observe/history-entry.ts";
import { printable } from "../observe/printable.ts";

/** Title, width and side of each column. Entries come one by one, so the widths cannot follow them. */
const columns: readonly (readonly [title: string, width: number, side: "left" | "right"])[] = [
  ["TIME", 23, "left"],
  ["CLIENT", 15, "left"],
  ["VIA", 3, "left"],
  ["NAME", 32, "left"],
  ["TYPE", 6, "left"],
  ["RCODE", 8, "left"],
  ["MS", 9, "right"],
  ["SERVER", 30, "left"],
  ["BYTES", 5, "right"],
  ["ERROR", 0, "left"],
];

/** The line over a table of entries. */
export function historyHeader(): string {
  return row(columns.map(([title]) => title));
}

/** An entry as one line, the time in the zone of this machine; `-` stands for what there is not. */
export function historyRow(entry: HistoryEntry): string {
  return row([
    localTime(entry.time),
    entry.client ?? "-",
    entry.transport,
    entry.name ?? "-",
    typeOf(entry),
    entry.rcode ?? "-",
    entry.ms.toFixed(3),
    entry.server ?? ownSource(entry),
    String(entry.bytes),
    entry.error ?? "",
  ]);
}

/** What stands for the server where memory answered. */
function ownSource({ source }: HistoryEntry): string {
  return source === "cache" || source === "stale" ? source : "-";
}

/** The class only where it is not the Internet. */
function typeOf({ type, class: name }: HistoryEntry): string {
  if (type === null) return "-";
  return name === "IN" ? type : `${name}/${type}`;
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => {
    const [, width, side] = columns[i]!;
    return side === "left" ? printable(cell).padEnd(width) : cell.padStart(width);
  });
  return `${padded.join("  ").trimEnd()}\n`;
}

function localTime(iso: string): string {
  const time = new Date(iso);
  const digits = (value: number, width = 2): string => String(value).padStart(width, "0");
  const day = [time.getFullYear(), digits(time.getMonth() + 1), digits(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => digits(part)).join(":");
  return `${day} ${clock}.${digits(time.getMilliseconds(), 3)}`;
}
