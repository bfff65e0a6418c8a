import { createReadStream } from "node:fs";
import { DotlsError } from "../errors.ts";
import type { HistoryEntry } from "./history-entry.ts";
import type { HistoryFilter } from "./history-filter.ts";
import { linesOf } from "./lines.ts";

export interface HistoryReadOptions {
  readonly filter: HistoryFilter;
  /** The newest so many of the entries that match; null: all. */
  readonly limit: number | null;
  /** Told once at the end, when there were lines that are no entries. */
  readonly onUnreadable: (lines: number) => void;
}

/**
 * The entries in history files, in the order of the files and their lines, without holding more than `limit` of them.
 * Rejects with DotlsError (ERR_DOTLS_HISTORY_FILE) when a file cannot be read.
 */
export async function* readHistory(
  paths: readonly string[],
  options: HistoryReadOptions,
): AsyncGenerator<HistoryEntry, void> {
  const { filter, limit } = options;
  const newest: HistoryEntry[] = [];
  let unreadable = 0;
  let matched = 0;
  for (const path of paths) {
    for await (const line of linesIn(path)) {
      const entry = entryOf(line);
      if (entry === undefined) unreadable++;
      else if (filter(entry)) {
        if (limit === null) yield entry;
        // The newest `limit`, as a ring: the entry that is overwritten is the oldest.
        else if (limit > 0) newest[matched++ % limit] = entry;
      }
    }
  }
  if (limit !== null && limit > 0) {
    for (let i = Math.max(0, matched - limit); i < matched; i++) yield newest[i % limit]!;
  }
  if (unreadable > 0) options.onUnreadable(unreadable);
}

async function* linesIn(path: string): AsyncGenerator<string, void> {
  try {
    yield* linesOf(createReadStream(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DotlsError("ERR_DOTLS_HISTORY_FILE", `cannot read the history file: ${reason}`, {
      cause: error,
    });
  }
}

/** Undefined for a line that is not an entry: somebody else's, or one that is being written at this moment. */
function entryOf(line: string): HistoryEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  return (
    typeof value === "object" &&
    value !== null &&
    "v" in value &&
    "time" in value &&
    typeof value.time === "string" &&
    "client" in value &&
    (value.client === null || typeof value.client === "string") &&
    "name" in value
  );
}
