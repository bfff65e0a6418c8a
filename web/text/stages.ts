import type { HistoryEntry } from "../../src/observe/history-entry.ts";

/** A part of the time of a query, in milliseconds. */
export interface Stage {
  readonly label: string;
  readonly hint: string;
  readonly start: number;
  readonly length: number;
}

/** The parts of the time of a query, one after the other; one alone where no more is known. */
export function stagesOf({ times, ms }: Pick<HistoryEntry, "times" | "ms">): Stage[] {
  if (times === null) return [{ label: "in all", hint: "no upstream was waited for", start: 0, length: ms }];
  const parts = [
    ["wait", "until it was given to the server that answered", times.wait],
    ["connect", "for TCP", times.connect],
    ["TLS", "for the handshake", times.tls],
    ["send", "until it was written", times.send],
    ["answer", "until the answer came", times.answer],
  ] as const;
  let start = 0;
  const stages = parts.map(([label, hint, length]) => {
    const stage = { label, hint, start, length };
    start += length;
    return stage;
  });
  const rest = Math.max(0, ms - start);
  return [...stages, { label: "reply", hint: "until it was sent to the client", start, length: rest }];
}
