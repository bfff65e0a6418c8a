import type { HistoryEntry } from "../observe/history-entry.ts";
import { printable } from "../observe/printable.ts";
import type { HistoryFormat } from "./history-formats.ts";
import { historyHeader, historyRow } from "./history-table.ts";

/** A way to write entries as text. */
export interface HistoryWriter {
  /** In front of all; empty text for nothing. */
  readonly header: () => string;
  readonly row: (entry: HistoryEntry) => string;
}

/** The writer of each format. */
export const historyWriters: Readonly<Record<HistoryFormat, HistoryWriter>> = {
  table: { header: historyHeader, row: historyRow },
  json: { header: () => "", row: (entry) => `${JSON.stringify(entry)}\n` },
  csv: { header: () => line(columns), row: (entry) => line(cellsOf(entry)) },
  common: { header: () => "", row: commonRow },
};

/** Undefined: an earlier version did not have it. */
type Cell = string | number | boolean | null | undefined;

/** The parts of `times` by their own names behind the other fields. */
const columns: readonly string[] = [
  "v",
  "time",
  "client",
  "port",
  "transport",
  "name",
  "type",
  "class",
  "rcode",
  "ms",
  "source",
  "server",
  "bytes",
  "querySize",
  "error",
  "id",
  "flags",
  "dnssec",
  "udpSize",
  "times.wait",
  "times.connect",
  "times.tls",
  "times.send",
  "times.answer",
];

function cellsOf({ times, ...fields }: HistoryEntry): Cell[] {
  const values = new Map<string, Cell>(Object.entries(fields));
  for (const [part, value] of Object.entries(times ?? {})) values.set(`times.${part}`, value);
  return columns.map((column) => values.get(column));
}

/** By RFC 4180, but for the end of the line, which is that of the other formats; what there is not is empty. */
function line(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\n`;
}

function csvCell(value: Cell): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The common log form of CoreDNS, behind the time that its log puts in front:
 * `{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}`.
 * What there is not is `-`; names are without their case, as CoreDNS has them.
 */
function commonRow(entry: HistoryEntry): string {
  const { client, port, udpSize } = entry;
  const remote = client === null ? "-" : client.includes(":") ? `[${client}]` : client;
  const question = [
    entry.type ?? "-",
    entry.class ?? "-",
    entry.name?.toLowerCase() ?? "-",
    entry.transport,
    entry.querySize,
    entry.dnssec,
    udpSize ?? 512,
  ].join(" ");
  const flags = entry.flags?.replaceAll(" ", ",") ?? "-";
  const took = `${(entry.ms / 1000).toFixed(9)}s`;
  const asked = `${entry.time} ${remote}:${port ?? "-"} - ${entry.id} "${question}"`;
  return `${printable(`${asked} ${entry.rcode ?? "-"} ${flags} ${entry.bytes} ${took}`)}\n`;
}
