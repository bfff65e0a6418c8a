import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { HistoryCursor } from "../observe/history-cursor.ts";
import type { HistoryFilter } from "../observe/history-filter.ts";
import { historyLine } from "../observe/history-line.ts";
import type { HistoryRing } from "../observe/history-ring.ts";

/** Entries that are decoded in one turn of the event loop: half a millisecond, which queries do not notice. */
const BATCH = 256;

/** How long a follower waits before it looks again, in milliseconds: at once, for a person. */
const POLL = 100;

export interface HistoryStreamOptions {
  readonly filter: HistoryFilter;
  /** The newest so many of the entries that match; null: all. */
  readonly limit: number | null;
  /** Go on with new entries, until the signal says stop. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * The history as NDJSON text, oldest first, in pieces. Nothing is buffered for a slow reader: it finds in the ring what
 * the ring still holds, and where entries were overwritten before it came by, a line `{"lost":n}` says how many.
 */
export async function* historyText(
  ring: HistoryRing,
  options: HistoryStreamOptions,
): AsyncGenerator<string, void> {
  const { filter, limit, follow, signal } = options;
  const end = follow ? Infinity : ring.recorded;
  const start = limit === null ? ring.oldest : await newest(ring, limit, filter);
  const cursor = ring.cursor(start);
  while (!signal.aborted) {
    const text = batch(cursor, end, filter);
    if (text !== "") yield text;
    if (cursor.at >= end || (!follow && cursor.waiting === 0)) return;
    if (cursor.waiting > 0) await nextTurn();
    else if (!(await waited(signal))) return;
  }
}

function batch(cursor: HistoryCursor, end: number, filter: HistoryFilter): string {
  let text = "";
  for (let i = 0; i < BATCH && cursor.at < end; i++) {
    const entry = cursor.next();
    if (entry === undefined) break;
    if (filter(entry)) text += historyLine(entry);
  }
  const lost = cursor.takeLost();
  return lost === 0 ? text : `{"lost":${lost}}\n${text}`;
}

/** The sequence number from which on `limit` entries match, or the oldest when there are not so many. */
async function newest(ring: HistoryRing, limit: number, filter: HistoryFilter): Promise<number> {
  let at = ring.recorded;
  for (let found = 0; found < limit && at > ring.oldest;) {
    const entry = ring.entry(--at);
    if (entry !== undefined && filter(entry)) found++;
    if (at % BATCH === 0) await nextTurn();
  }
  return Math.max(at, ring.oldest);
}

/** False when the signal ended the wait. */
async function waited(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(POLL, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}
