import type { AnswerSource, HistoryEntry } from "../../src/observe/history-entry.ts";
import { moment } from "./times.ts";

/** A word for a shell: quoted when it holds anything that a shell could take for its own. */
function word(text: string): string {
  return /^[\w.:@%+,/=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The command that asks the same again: of this server when `listeners` (as in the status) has a UDP or TCP address,
 * `udp://127.0.0.1:5300`. Null for what was no question.
 */
export function commandOf(entry: HistoryEntry, listeners: readonly string[]): string | null {
  if (entry.name === null || entry.type === null) return null;
  const listener = listeners.find((url) => url.startsWith(entry.transport)) ?? listeners[0];
  const door = /^\w+:\/\/(.+):(\d+)$/.exec(listener ?? "");
  const words = ["dotls", "query"];
  if (door !== null) {
    // A wildcard is no address to send to.
    const address = { "0.0.0.0": "127.0.0.1", "[::]": "::1" }[door[1]!] ?? door[1]!.replaceAll(/[[\]]/g, "");
    words.push(`@${address}`, "-p", door[2]!);
  }
  // A name or a type that looks like an option stays a name behind these.
  words.push("-q", word(entry.name), "-t", word(entry.type));
  if (entry.class !== null && entry.class !== "IN") words.push("-c", word(entry.class));
  if (entry.transport === "tcp") words.push("+tcp");
  return words.join(" ");
}

/** A query in the layout of dig, as far as the history knows it. */
export function digText(entry: HistoryEntry): string {
  const { flags, udpSize, dnssec, client, port } = entry;
  const lines = [`;; ->>HEADER<<- opcode: QUERY, status: ${entry.rcode ?? "no answer"}, id: ${entry.id}`];
  if (flags !== null) lines.push(`;; flags: ${flags}`);
  lines.push("");
  if (udpSize !== null) lines.push(`; EDNS: version: 0, flags:${dnssec ? " do" : ""}; udp: ${udpSize}`, "");
  if (entry.name !== null) {
    lines.push(";; QUESTION SECTION:", `;${entry.name}\t\t${entry.class}\t${entry.type}`, "");
  }
  if (entry.error !== null) lines.push(`;; WHY: ${entry.error}`);
  lines.push(
    `;; Query time: ${entry.ms} msec`,
    `;; SERVER: ${entry.server ?? (entry.source === null ? "none" : placeOf(entry.source))}`,
    `;; CLIENT: ${client ?? "not kept"}${port === null ? "" : `#${port}`} (${entry.transport.toUpperCase()})`,
    `;; WHEN: ${moment(entry.time)}`,
    `;; MSG SIZE  sent: ${entry.querySize}  rcvd: ${entry.bytes}`,
  );
  return lines.join("\n");
}

const PLACES: Readonly<Record<AnswerSource, string>> = {
  upstream: "upstream",
  cache: "cache",
  stale: "cache, over its time",
  local: "dotls itself",
};

/** Where an answer came from, for people. */
export function placeOf(source: AnswerSource | null): string {
  return source === null ? "no answer" : PLACES[source];
}
