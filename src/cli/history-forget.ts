import { forgetHistory as askToForget } from "../control/client.ts";
import { DotlsError } from "../errors.ts";
import { forgetHistoryFiles } from "../observe/history-file.ts";
import type { TargetOptions } from "./control-target.ts";
import { controlTarget } from "./control-target.ts";

/**
 * Makes the running server forget all queries; when none runs, empties the file of the configuration and removes what was
 * rotated away from it. Gives what was done, in words. Rejects with DotlsError when there is nothing to ask and no file, or
 * something cannot be removed.
 */
export async function forgetHistory(options: TargetOptions): Promise<string> {
  const { socket, historyFile } = await controlTarget(options);
  if (socket !== null) {
    try {
      return `the server has forgotten ${await askToForget(socket)} queries in memory, and all that it had on disk`;
    } catch (error) {
      if (!(error instanceof DotlsError) || error.code !== "ERR_DOTLS_NO_SERVER" || historyFile === null) {
        throw error;
      }
    }
  }
  if (historyFile === null) {
    throw new DotlsError("ERR_DOTLS_NO_SERVER", "control.socket is none in the configuration");
  }
  await forgetHistoryFiles(historyFile);
  return `no server runs; ${historyFile} is empty, and files that were rotated away from it are gone`;
}
