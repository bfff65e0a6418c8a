import { access, constants } from "node:fs/promises";
import type { HistoryGap, HistoryRequest } from "../control/client.ts";
import { getHistory } from "../control/client.ts";
import { DotlsError } from "../errors.ts";
import type { HistoryEntry } from "../observe/history-entry.ts";
import { historyFilter } from "../observe/history-filter.ts";
import { readHistory } from "../observe/history-reader.ts";
import { segmentsOf } from "../observe/history-segments.ts";
import type { TargetOptions } from "./control-target.ts";
import { controlTarget } from "./control-target.ts";

export interface SourceOptions extends TargetOptions {
  readonly file?: string;
}

type Entries = AsyncIterable<HistoryEntry | HistoryGap>;

/**
 * Opens the history: the file that is named, else the running server, else, when none runs, the file of the configuration
 * with what was rotated away from it. `tell` hears when it is not the server that is read.
 * Rejects with DotlsError when there is nothing to read.
 */
export async function openHistory(
  options: SourceOptions,
  wanted: HistoryRequest,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Entries> {
  // Made first: a mistake in the request is told as such, whoever is asked.
  const filter = historyFilter(wanted);
  const fromFiles = async (paths: readonly string[]): Promise<Entries> => {
    for (const path of paths) await refuseUnreadable(path);
    const onUnreadable = (lines: number): void =>
      tell(`${lines} lines are no history entries, they were left out`);
    return readHistory(paths, { filter, limit: wanted.limit ?? null, onUnreadable });
  };
  if (options.file !== undefined) {
    tell(`reading ${options.file}`);
    return fromFiles([options.file]);
  }

  const { socket, historyFile } = await controlTarget(options);
  let nobody: DotlsError;
  if (socket === null)
    nobody = new DotlsError("ERR_DOTLS_NO_SERVER", "control.socket is none in the configuration");
  else {
    try {
      return await getHistory(socket, wanted, signal);
    } catch (error) {
      if (!(error instanceof DotlsError) || error.code !== "ERR_DOTLS_NO_SERVER") throw error;
      nobody = error;
    }
  }
  if (historyFile === null || wanted.follow === true) throw nobody;
  tell(`${nobody.message}; reading ${historyFile}`);
  return fromFiles([...(await rotatedAway(historyFile)), historyFile]);
}

/** Before anything is printed; what goes wrong later is told by the reader. */
async function refuseUnreadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DotlsError("ERR_DOTLS_HISTORY_FILE", `cannot read the history file: ${reason}`, {
      cause: error,
    });
  }
}

async function rotatedAway(file: string): Promise<string[]> {
  try {
    return (await segmentsOf(file)).map(({ path }) => path);
  } catch {
    // A folder that cannot be listed: the file itself will say what is wrong, or be readable.
    return [];
  }
}
